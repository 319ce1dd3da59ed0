import { usageError } from "../graph/errors.ts";

/**
 * Refuses a width that cannot be divided among the heads; `at` is where the settings stand.
 *
 * @throws UserError (exit code 2)
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
