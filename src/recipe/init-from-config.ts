/** The `init_from` part of a recipe: weights to begin with. */
import * as z from "zod";
import type { CamelCased } from "../config/case.ts";

export const initFromSchema = z.strictObject({
  /** A run directory, whose best checkpoint is taken, or a safetensors file. */
  path: z.string().min(1),
  /** Parameters of this model to fill: names or patterns in which `*` stands for any characters. */
  include: z.array(z.string().min(1)).nonempty().default(["*"]),
  exclude: z.array(z.string().min(1)).default([]),
  /** Beginnings of the stored names, and what they are called here; the first that fits counts. */
  rename: z.array(z.strictObject({ from: z.string(), to: z.string() })).default([]),
  /**
   * Whether experts that the file lacks begin as copies of the dense layer that it has in their place
   * (sparse upcycling, arXiv:2212.05055); their routers begin anew. Where the weights of chosen experts do
   * not sum to 1, as with one expert by its probability, the layer's output begins scaled by them.
   */
  upcycle: z.boolean().default(false),
  /**
   * Whether every parameter to fill must be found, and every stored one used. Heads for other numbers of
   * classes begin anew and positions of other grids are resampled all the same.
   */
  strict: z.boolean().default(true),
});

export type InitFrom = CamelCased<z.output<typeof initFromSchema>>;
