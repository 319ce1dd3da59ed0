/** `model.json`: the specification of a live model, stored beside its weights. */
import * as z from "zod";
import { fromSnakeCase } from "../config/case.ts";
import { issueText } from "../config/issue-text.ts";
import { renameKeys } from "../config/renamed-keys.ts";
import { tokenizerStateSchema } from "../data/tokenizers/state-schema.ts";
import { UserError } from "../graph/errors.ts";
import { type ModelSettings, modelSchema, textsOf } from "../models/systems.ts";
import { liveKind } from "./kinds.ts";
import type { LiveModelSpec } from "./types.ts";

/** Maximum length of `model.json`, characters. */
export const MAX_SPEC_LENGTH = 64 * 2 ** 20;

const side = z.int().positive().max(4096);
const text = z.string().max(4096);
const texts = z.array(text).max(65_536);
const perChannel = z.array(z.number()).min(1).max(3);

const specSchema = z.strictObject({
  version: z.literal(1),
  kind: z.enum([
    "image-classifier",
    "contrastive",
    "captioner",
    "language-model",
    "text-classifier",
  ]),
  recipe: text,
  step: z.int().nonnegative(),
  model: z.unknown(),
  imageShape: z.tuple([z.union([z.literal(1), z.literal(3)]), side, side]).optional(),
  imageSizes: z
    .array(z.tuple([side, side]))
    .min(1)
    .max(16)
    .optional(),
  imageFit: z.enum(["squash", "cover", "contain"]).optional(),
  normalize: z
    .strictObject({ mean: perChannel, std: z.array(z.number().positive()).min(1).max(3) })
    .optional(),
  classNames: texts,
  classPrompts: texts.optional(),
  classTemplates: z.array(text.includes("{}")).min(1).max(256).optional(),
  tokenizer: tokenizerStateSchema.optional(),
  contextLength: z.int().positive().max(65_536).optional(),
});

/**
 * Validates the content of `model.json`.
 *
 * @param value the parsed JSON
 * @param source name of the file in errors
 * @throws UserError with the first problem
 */
export function readLiveModelSpec(value: unknown, source = "model.json"): LiveModelSpec {
  const parsed = specSchema.safeParse(value);
  if (!parsed.success) throw refusal(parsed.error, source);
  const spec = withoutUndefined(parsed.data) as LiveModelSpec;
  const settings = readSettings(spec, source);
  const refuse = (reason: string): never => {
    throw new UserError(`${source}: ${reason}; export the model again`);
  };
  const expected = liveKind(settings);
  if (expected !== spec.kind) {
    refuse(`a model of ${settings.system} cannot be a ${spec.kind}`);
  }
  const { imageShape, imageSizes, normalize } = spec;
  if (readsImages(spec) && (imageShape === undefined || normalize === undefined)) {
    refuse("imageShape or normalize is missing, but the model reads images");
  }
  if (imageShape !== undefined && imageSizes !== undefined) {
    const last = imageSizes.at(-1)!;
    if (last[0] !== imageShape[1] || last[1] !== imageShape[2]) {
      refuse(`imageSizes end in ${last.join(" x ")}, but imageShape is ${imageShape.join(" x ")}`);
    }
  }
  const texts = textsOf(settings);
  if (texts !== "none" && (spec.tokenizer === undefined || spec.contextLength === undefined)) {
    refuse("tokenizer or contextLength is missing, but the model reads texts");
  }
  if (spec.kind.endsWith("classifier") && spec.classNames.length === 0) {
    refuse("classNames is empty, but the model is a classifier");
  }
  if (texts === "classes") {
    const { length = 0 } = spec.classPrompts ?? [];
    if (length !== spec.classNames.length) {
      refuse(`classPrompts has ${length} entries for ${spec.classNames.length} classes`);
    }
  }
  return spec;
}

/**
 * The model's settings with their names in code.
 *
 * @throws UserError with the first problem
 */
export function readSettings({ model }: LiveModelSpec, source = "model.json"): ModelSettings {
  const parsed = modelSchema.safeParse(renameKeys(modelSchema, model));
  if (!parsed.success) throw refusal(parsed.error, source, "model");
  return fromSnakeCase(parsed.data);
}

function readsImages({ kind }: LiveModelSpec): boolean {
  return kind === "image-classifier" || kind === "contrastive" || kind === "captioner";
}

function refusal({ issues }: z.ZodError, source: string, within?: string): UserError {
  const issue = issues[0]!;
  const path = [...(within === undefined ? [] : [within]), ...issue.path].map(String).join(".");
  const place = path === "" ? "" : `${path}: `;
  return new UserError(
    `${source} is not a live model: ${place}${issueText(issue)}; export the model again`,
  );
}

function withoutUndefined<T extends object>(value: T): Partial<T> {
  const entries = Object.entries(value).filter(([, own]) => own !== undefined);
  return Object.fromEntries(entries) as Partial<T>;
}
