/** The key `upcycle` of `init_from`: experts that start from dense layers. */
import * as z from "zod";
import { path } from "../../data/settings/files.ts";

const mapping = z
  .strictObject({
    method: z
      .enum(["copy", "drop"])
      .default("copy")
      .describe(
        "How experts differ from the dense layer: `copy` is the layer itself (sparse upcycling, arXiv:2212.05055); with `drop`, each expert draws a share of its hidden units anew (drop-upcycling, arXiv:2502.19261).",
      ),
    drop: z
      .number()
      .positive()
      .max(1)
      .optional()
      .describe("Share of the hidden units that `method: drop` draws anew; default 0.5."),
    noise: z
      .number()
      .nonnegative()
      .default(0)
      .describe(
        "Standard deviation of Gaussian noise on the experts, relative to the root mean square of each weight.",
      ),
    sources: z
      .array(path.min(1))
      .nonempty()
      .optional()
      .describe(
        "Checkpoints of dense models, as in `path`: expert e starts from source e modulo their number. Everything else starts from `path`, or without `path` from the mean of the sources (Branch-Train-MiX, arXiv:2403.07816).",
      ),
  })
  .refine(({ method, drop }) => method === "drop" || drop === undefined, {
    error: "drop needs method: drop",
    path: ["drop"],
  });

export const upcycleSchema = z
  .union([z.boolean(), mapping])
  .default(false)
  .describe(
    "Whether experts that the file lacks start from its dense layer, and how: `true` for copies (sparse upcycling, arXiv:2212.05055), or a mapping. Their routers are freshly initialised. If the weights of selected experts do not sum to 1, for example the probability of a single expert, they scale the initial output of the layer.",
  );

export type Upcycle = z.output<typeof upcycleSchema>;

/** How experts start from dense layers. */
export interface Upcycling {
  /** Share of the hidden units that each expert draws anew. */
  readonly drop: number;
  readonly noise: number;
  /** Dense models that the experts come from in turn; empty if they come from `path`. */
  readonly sources: readonly string[];
}

/** The settings with their defaults, or undefined if no experts start from dense layers. */
export function upcyclingOf(upcycle: Upcycle): Upcycling | undefined {
  if (upcycle === false) return undefined;
  if (upcycle === true) return { drop: 0, noise: 0, sources: [] };
  const { method, drop = 0.5, noise, sources = [] } = upcycle;
  return { drop: method === "drop" ? drop : 0, noise, sources };
}
