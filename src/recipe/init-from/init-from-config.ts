/** The `init_from` part of a recipe: initial weights from runs, files and checkpoints of the hub. */
import * as z from "zod";
import type { CamelCased } from "../../config/case.ts";
import { path } from "../../data/settings/files.ts";
import { type Upcycle, upcycleSchema, upcyclingOf } from "./upcycle-config.ts";

const source = {
  path: path
    .min(1)
    .optional()
    .describe(
      "A run directory (its best checkpoint is used), a folder as on the Hugging Face hub, a safetensors file, an index.json of several files, or a folder that contains one of them.",
    ),
  include: z
    .array(z.string().min(1))
    .nonempty()
    .default(["*"])
    .describe(
      "Parameters of this model to fill: names, or patterns in which `*` matches any characters.",
    ),
  exclude: z
    .array(z.string().min(1))
    .default([])
    .describe("Parameters to leave out of include: names or patterns."),
  rename: z
    .array(
      z.strictObject({
        from: z.string().describe("Prefix of a stored name."),
        to: z.string().describe("Prefix that replaces it."),
      }),
    )
    .default([])
    .describe(
      "Prefixes of stored names and their replacements; the first matching prefix applies.",
    ),
  upcycle: upcycleSchema,
  strict: z
    .boolean()
    .default(true)
    .describe(
      "Whether every selected parameter must be in the file, and every stored parameter must be used. In any case, heads with another number of classes are freshly initialised, and positions of another grid are resampled.",
    ),
};

/** Whether a source names a checkpoint; with `upcycle.sources`, `path` is optional. */
function isNamed({ path, upcycle }: { path?: string | undefined; upcycle: Upcycle }): boolean {
  return path !== undefined || (upcyclingOf(upcycle)?.sources.length ?? 0) > 0;
}

const sourceSchema = z.strictObject(source).refine(isNamed, { error: "path is missing" });

export const initFromSchema = z
  .strictObject({
    ...source,
    parts: z
      .record(z.string(), sourceSchema)
      .optional()
      .describe(
        "Sources of single parts of the model, such as `image` and `text` of limoe with two towers, instead of `path`.",
      ),
  })
  .refine((given) => isNamed(given) !== (given.parts !== undefined), {
    error: "give either path or parts",
  });

export type InitFrom = CamelCased<z.output<typeof initFromSchema>>;

/** One source of initial weights. */
export type InitSource = CamelCased<z.output<typeof sourceSchema>>;
