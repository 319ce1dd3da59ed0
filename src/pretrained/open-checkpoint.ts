/** Opens checkpoints as on the Hugging Face hub, of decoders and encoders alike. */
import { fromSnakeCase } from "../config/case.ts";
import { issueText } from "../config/issue-text.ts";
import type { NdArray } from "../graph/array.ts";
import { UserError, usageError } from "../graph/errors.ts";
import { modelSchema } from "../models/systems.ts";
import { type CheckpointFiles, openCheckpointFiles } from "./checkpoint-files.ts";
import { type Plan, planConversion, type ReadOptions, readPlan, type Wanted } from "./convert.ts";
import type { FamilyConfig, FamilyDefinition, InputSizes, SystemInput } from "./define-family.ts";
import { families } from "./families/index.ts";
import { readHubConfig } from "./hub-config.ts";
import { configFileOf, isHubFolder } from "./hub-folder.ts";
import { isOnnxFile, type OnnxFiles, openOnnxFile } from "./onnx-files.ts";
import { withoutPrefix } from "./prefixes.ts";
import { referenceParameters } from "./reference-model.ts";

/** Tables of angles, which hold nothing to compute. */
const TABLES = /rotary_emb\.inv_freq$|(^|\.)position_ids$/;

/** A checkpoint whose names and shapes were checked; its weights are not read yet. */
export interface PretrainedCheckpoint {
  readonly folder: string;
  readonly family: FamilyDefinition;
  /** The keys of its config.json. */
  readonly config: FamilyConfig;
  /** Settings of the system that computes it. */
  readonly settings: { readonly system: string };
  readonly inputs: InputSizes;
  /** Parameters of the model and their shapes. */
  readonly parameters: readonly Wanted[];
  /** Stored tensors that are no part of the model, such as heads of the pre-training. */
  readonly leftOut: readonly string[];
  /** Bytes of the stored tensors. */
  readonly bytes: number;
  /** Stored element types and the number of their tensors. */
  readonly dtypes: ReadonlyMap<string, number>;
  /**
   * Reads all weights under the names of the system, as float32, or matrices rounded to bfloat16.
   *
   * @throws UserError (exit code 2) if a value is not finite
   */
  readWeights(options?: ReadOptions): Promise<ReadonlyMap<string, NdArray>>;
}

/** Replaces settings before the model is built. */
type Adapt = (settings: SystemInput, config: FamilyConfig) => SystemInput;

/**
 * Opens a folder with `config.json` and safetensors files, or an ONNX file, and finds every parameter
 * of its model.
 *
 * @throws UserError (exit code 2) for a family that is not known, a setting that the model does not
 *   compute, or names and shapes that do not fit
 */
export async function openCheckpoint(
  folder: string,
  adapt: Adapt = (settings) => settings,
): Promise<PretrainedCheckpoint> {
  const onnx = isOnnxFile(folder) ? await openOnnxFile(folder) : undefined;
  const { family, config } =
    onnx === undefined ? await readConfig(folder) : recognize(folder, onnx);
  const settings = settingsOf(folder, family, config, adapt);
  const inputs = family.inputs(config);
  const parameters = referenceParameters(settings, inputs);
  const open = async (): Promise<CheckpointFiles> =>
    withoutPrefix(onnx ?? (await openCheckpointFiles(folder)), family.prefixes);
  const files = await open();
  const ignored = ignoredOf(settings, family);
  let plan: Plan;
  try {
    plan = planConversion(parameters, files, family.names, ignored);
  } catch (cause) {
    throw at(folder, cause);
  } finally {
    await files.close();
  }
  const dtypes = new Map<string, number>();
  for (const { code } of files.tensors.values()) dtypes.set(code, (dtypes.get(code) ?? 0) + 1);
  return {
    ...{ folder, family, config, settings, inputs, parameters, dtypes },
    leftOut: [...files.tensors.keys()].filter((name) => family.leftOut?.test(name) ?? false),
    bytes: files.bytes,
    async readWeights(options) {
      const opened = await open();
      try {
        return await readPlan(plan, opened, options);
      } catch (cause) {
        throw at(folder, cause);
      } finally {
        await opened.close();
      }
    },
  };
}

/** Whether a path is an ONNX file, or the config.json of a folder names a known family. */
export async function hasKnownFamily(folder: string): Promise<boolean> {
  if (isOnnxFile(folder)) return true;
  if (!isHubFolder(folder)) return false;
  const { model_type: type } = await readHubConfig(folder);
  return typeof type === "string" && families.find(type) !== undefined;
}

async function readConfig(
  folder: string,
): Promise<{ readonly family: FamilyDefinition; readonly config: FamilyConfig }> {
  const fields = await readHubConfig(folder);
  const type = fields.model_type === undefined ? "none" : String(fields.model_type);
  const family = families.find(type);
  if (family === undefined) {
    const known = families.list().map(({ name }) => name);
    throw usageError(
      `${folder}: config.json has model_type ${type}; known are ${known.join(", ")}`,
    );
  }
  return { family, config: parseConfig(folder, family, fields) };
}

/** The family of the weights in an ONNX file. */
function recognize(
  path: string,
  files: OnnxFiles,
): { readonly family: FamilyDefinition; readonly config: FamilyConfig } {
  const able = families.list().filter((family) => family.recognize !== undefined);
  for (const family of able) {
    const { tensors } = withoutPrefix(files, family.prefixes);
    const fields = family.recognize!((name) => tensors.get(name)?.shape, files.facts);
    if (fields === undefined) continue;
    const config = parseConfig(path, family, { ...fields, model_type: family.name });
    return { family, config };
  }
  const known = able.map(({ title }) => title).join(", ");
  throw usageError(
    `${path} has weights of no known family; of ONNX files, those of ${known} are read`,
  );
}

function parseConfig(
  folder: string,
  family: FamilyDefinition,
  fields: Readonly<Record<string, unknown>>,
): FamilyConfig {
  const parsed = family.schema.safeParse(fields);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw usageError(
    `${folder}: ${configFileOf(folder)}, ${issue.path.join(".")}: ${issueText(issue)}`,
  );
}

function settingsOf(
  folder: string,
  family: FamilyDefinition,
  config: FamilyConfig,
  adapt: Adapt,
): { readonly system: string } {
  try {
    const given = adapt(family.settings(config), config);
    return fromSnakeCase(modelSchema.parse(given)) as { readonly system: string };
  } catch (cause) {
    throw at(folder, cause);
  }
}

/** A tied model stores its head twice or not at all. */
function ignoredOf(
  settings: { readonly system: string },
  { leftOut }: FamilyDefinition,
): (name: string) => boolean {
  const tied = "tieEmbeddings" in settings && settings.tieEmbeddings === true;
  return (name) =>
    TABLES.test(name) || (tied && name === "lm_head.weight") || (leftOut?.test(name) ?? false);
}

function at(folder: string, cause: unknown): UserError {
  const { message } = cause as Error;
  return message.startsWith(folder) && cause instanceof UserError
    ? cause
    : usageError(`${folder}: ${message}`, { cause });
}
