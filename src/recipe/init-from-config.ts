/** The `init_from` part of a recipe: initial weights from a run or a file. */
import * as z from "zod";
import type { CamelCased } from "../config/case.ts";
import { path } from "../data/settings/files.ts";

export const initFromSchema = z.strictObject({
  /**
   * A run directory (its best checkpoint is used), a safetensors file, an index.json of several files, or
   * a folder that contains one of them.
   */
  path: path.min(1),
  /** Parameters of this model to fill: names, or patterns in which `*` matches any characters. */
  include: z.array(z.string().min(1)).nonempty().default(["*"]),
  exclude: z.array(z.string().min(1)).default([]),
  /** Prefixes of stored names and their replacements; the first matching prefix applies. */
  rename: z.array(z.strictObject({ from: z.string(), to: z.string() })).default([]),
  /**
   * Whether experts that the file lacks start as copies of its dense layer (sparse upcycling,
   * arXiv:2212.05055); their routers are freshly initialised. If the weights of selected experts do
   * not sum to 1, for example the probability of a single expert, they scale the initial output of
   * the layer.
   */
  upcycle: z.boolean().default(false),
  /**
   * Whether every selected parameter must be in the file, and every stored parameter must be used.
   * In any case, heads with another number of classes are freshly initialised, and positions of
   * another grid are resampled.
   */
  strict: z.boolean().default(true),
});

export type InitFrom = CamelCased<z.output<typeof initFromSchema>>;
