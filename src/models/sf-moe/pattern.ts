/** The order of sparse and fusion blocks, as the papers write it. */
import * as z from "zod";
import { usageError } from "../../graph/errors.ts";

/**
 * One letter per block, `S` with experts and `F` without; or `last_two` and `every_two`, which put `S`
 * at every second block from the last but one backwards, twice or as often as there is room.
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
 * Of 12 blocks, `last_two` is `FFFFFFFFSFSF` (GMoE, github.com/Luodian/Generalizable-Mixture-of-Experts)
 * and `every_two` is `SFSFSFSFSFSF`. V-MoE's `last_n: 2` of `moeBlocks` is one block later: 9 and 11.
 *
 * @throws UserError (exit code 2) where the letters are not as many as the blocks
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
        `model.blocks ${pattern} needs ${2 * needed} blocks, and model.num_layers is ${numLayers}; write the pattern out, such as FS`,
      );
    }
    return pattern === "last_two" ? alternate.slice(-2) : alternate;
  }
  if (pattern.length !== numLayers) {
    throw usageError(
      `model.blocks ${pattern} has ${pattern.length} letters, and model.num_layers is ${numLayers}; give one letter per block`,
    );
  }
  return all.filter((i) => pattern[i] === "S");
}
