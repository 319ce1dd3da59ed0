/** Opens checkpoints as on the Hugging Face hub. */
import { fromSnakeCase } from "../config/case.ts";
import { issueText } from "../config/issue-text.ts";
import type { NdArray } from "../graph/array.ts";
import { UserError, usageError } from "../graph/errors.ts";
import { input } from "../graph/inputs.ts";
import type { DecoderSettings } from "../models/decoder/settings.ts";
import type { LanguageModel } from "../models/language-model.ts";
import { createLanguageModel, modelSchema } from "../models/systems.ts";
import { createScope } from "../nn/scope.ts";
import { openCheckpointFiles } from "./checkpoint-files.ts";
import { type Plan, planConversion, readPlan } from "./convert.ts";
import type { FamilyDefinition } from "./define-family.ts";
import { families } from "./families/index.ts";
import { type HubConfig, readHubConfig } from "./hub-config.ts";

/** Stored tensors that hold nothing to compute: tables of angles, and the tied head. */
const ignored = /rotary_emb\.inv_freq$|^lm_head\.weight$/;

export interface OpenPretrainedOptions {
  /**
   * Tokens of the context, at most those of the checkpoint; generation reserves memory for them.
   * Default: those of the checkpoint.
   */
  readonly contextLength?: number;
}

/** A checkpoint whose names and shapes were checked; its weights are not read yet. */
export interface Pretrained {
  readonly folder: string;
  readonly family: FamilyDefinition;
  /** The keys of its config.json. */
  readonly config: HubConfig;
  readonly settings: DecoderSettings;
  readonly model: LanguageModel;
  /** Parameters of the model and their shapes. */
  readonly parameters: readonly { readonly name: string; readonly shape: readonly number[] }[];
  /** Bytes of the stored tensors. */
  readonly bytes: number;
  /** Stored element types and the number of their tensors. */
  readonly dtypes: ReadonlyMap<string, number>;
  /**
   * Reads all weights as float32.
   *
   * @throws UserError (exit code 2) if a value is not finite
   */
  readWeights(): Promise<ReadonlyMap<string, NdArray>>;
}

/**
 * Opens a folder with `config.json` and safetensors files, and finds every parameter of its model.
 *
 * @throws UserError (exit code 2) for a family that is not known, a setting that the model does not
 *   compute, or names and shapes that do not fit
 * @example
 * const { model, readWeights } = await openPretrained("OLMoE-1B-7B", { contextLength: 512 });
 * const decoder = await createDecoder(model, { runtime, weights: await readWeights() });
 */
export async function openPretrained(
  folder: string,
  { contextLength }: OpenPretrainedOptions = {},
): Promise<Pretrained> {
  const { family, config } = await readConfig(folder);
  const settings = settingsOf(folder, family, config, contextLength);
  const model = createLanguageModel(settings, { vocabularySize: config.vocab_size });
  const parameters = parametersOf(model);
  const files = await openCheckpointFiles(folder);
  let plan: Plan;
  try {
    plan = planConversion(parameters, files, family.names, ignoredOf(settings));
  } catch (cause) {
    throw at(folder, cause);
  } finally {
    await files.close();
  }
  const dtypes = new Map<string, number>();
  for (const { code } of files.tensors.values()) dtypes.set(code, (dtypes.get(code) ?? 0) + 1);
  return {
    ...{ folder, family, config, settings, model, parameters, dtypes },
    bytes: files.bytes,
    async readWeights() {
      const opened = await openCheckpointFiles(folder);
      try {
        return await readPlan(plan, opened);
      } catch (cause) {
        throw at(folder, cause);
      } finally {
        await opened.close();
      }
    },
  };
}

async function readConfig(
  folder: string,
): Promise<{ readonly family: FamilyDefinition; readonly config: HubConfig }> {
  const fields = await readHubConfig(folder);
  const type = fields.model_type === undefined ? "none" : String(fields.model_type);
  const family = families.find(type);
  if (family === undefined) {
    const known = families.list().map(({ name }) => name);
    throw usageError(
      `${folder}: config.json has model_type ${type}; known are ${known.join(", ")}`,
    );
  }
  const parsed = family.schema.safeParse(fields);
  if (parsed.success) return { family, config: parsed.data };
  const issue = parsed.error.issues[0]!;
  throw usageError(`${folder}: config.json, ${issue.path.join(".")}: ${issueText(issue)}`);
}

function settingsOf(
  folder: string,
  family: FamilyDefinition,
  config: HubConfig,
  contextLength: number | undefined,
): DecoderSettings {
  try {
    const given = family.settings(config);
    const most = config.max_position_embeddings;
    const context = Math.min(contextLength ?? most, most);
    return fromSnakeCase(modelSchema.parse({ ...given, context_length: context })) as never;
  } catch (cause) {
    throw at(folder, cause);
  }
}

/** A tied model stores its head twice or not at all. */
function ignoredOf({ tieEmbeddings }: DecoderSettings): RegExp {
  return tieEmbeddings ? ignored : /rotary_emb\.inv_freq$/;
}

function parametersOf(model: LanguageModel): Pretrained["parameters"] {
  const { scope, trace } = createScope({ training: false });
  model.logits(scope, input(trace.graph, "ids", { dtype: "int64", shape: [1, 1] }));
  const specs = [...trace.parameters.values(), ...trace.states.values()];
  return specs.map(({ name, shape }) => ({ name, shape }));
}

function at(folder: string, cause: unknown): UserError {
  const { message } = cause as Error;
  return message.startsWith(folder) && cause instanceof UserError
    ? cause
    : usageError(`${folder}: ${message}`, { cause });
}
