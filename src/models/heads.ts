import { usageError } from "../graph/errors.ts";

/**
 * Checks that the width is a multiple of the number of heads.
 *
 * @param at key path of the settings, for the message
 * @throws UserError (exit code 2) if it is not
 *
 * No example: it returns nothing, and throws if the width cannot be divided.
 */
export function requireHeads(
  { width, numHeads }: { readonly width: number; readonly numHeads: number },
  at = "model",
): void {
  if (width % numHeads === 0) return;
  throw usageError(
    `${at}.width ${width} cannot be divided among ${at}.num_heads ${numHeads}; choose a multiple`,
  );
}
