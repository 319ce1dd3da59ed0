/** The `init_from` part of a recipe: initial weights from a run or a file. */
import * as z from "zod";
import type { CamelCased } from "../config/case.ts";
import { path } from "../data/settings/files.ts";

export const initFromSchema = z.strictObject({
  path: path
    .min(1)
    .describe(
      "A run directory (its best checkpoint is used), a safetensors file, an index.json of several files, or a folder that contains one of them.",
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
  upcycle: z
    .boolean()
    .default(false)
    .describe(
      "Whether experts that the file lacks start as copies of its dense layer (sparse upcycling, arXiv:2212.05055); their routers are freshly initialised. If the weights of selected experts do not sum to 1, for example the probability of a single expert, they scale the initial output of the layer.",
    ),
  strict: z
    .boolean()
    .default(true)
    .describe(
      "Whether every selected parameter must be in the file, and every stored parameter must be used. In any case, heads with another number of classes are freshly initialised, and positions of another grid are resampled.",
    ),
});

export type InitFrom = CamelCased<z.output<typeof initFromSchema>>;
