/** The order of sparse and fusion blocks, in the notation of the papers. */
import * as z from "zod";
import { usageError } from "../../graph/errors.ts";

/**
 * One letter per block, `S` with experts and `F` without; or alternate S and F with S second to last:
 * two S blocks (`last_two`), or as many as fit (`every_two`).
 */
export const blockPatternSchema = z.union([
  z.enum(["last_two", "every_two"]),
  z.string().regex(/^[SF]+$/, {
    error: "must be last_two, every_two or one letter per block, S (sparse) or F (fusion)",
  }),
]);

export type BlockPattern = z.output<typeof blockPatternSchema>;

/**
 * The blocks with experts, counted from 0.
 *
 * Of 12 blocks, `last_two` is `FFFFFFFFSFSF` (GMoE,
 * github.com/Luodian/Generalizable-Mixture-of-Experts) and `every_two` is `SFSFSFSFSFSF`. V-MoE's
 * `last_n: 2` of `moeBlocks` selects the blocks 9 and 11 instead.
 *
 * @throws UserError (exit code 2) if the pattern does not fit the number of blocks
 * @example
 * sparseBlocks("FFFFFSFFFFFS", 12) // [5, 11]
 */
export function sparseBlocks(pattern: BlockPattern, numLayers: number): number[] {
  const all = Array.from({ length: numLayers }, (_, i) => i);
  if (pattern === "last_two" || pattern === "every_two") {
    const alternate = all.filter((i) => i % 2 === numLayers % 2);
    const needed = pattern === "last_two" ? 2 : 1;
    if (alternate.length < needed) {
      throw usageError(
        `model.blocks ${pattern} needs ${2 * needed} blocks, but model.num_layers is ${numLayers}; spell the pattern out, such as FS`,
      );
    }
    return pattern === "last_two" ? alternate.slice(-2) : alternate;
  }
  if (pattern.length !== numLayers) {
    throw usageError(
      `model.blocks ${pattern} has ${pattern.length} letters, but model.num_layers is ${numLayers}; give one letter per block`,
    );
  }
  return all.filter((i) => pattern[i] === "S");
}
