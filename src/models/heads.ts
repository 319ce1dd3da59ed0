import { UserError } from "../graph/errors.ts";

/**
 * Refuses a width that cannot be divided among the heads.
 *
 * @throws UserError (exit code 2)
 */
export function requireHeads({
  width,
  numHeads,
}: {
  readonly width: number;
  readonly numHeads: number;
}): void {
  if (width % numHeads === 0) return;
  throw new UserError(
    `model.width ${width} cannot be divided among model.num_heads ${numHeads}; choose a multiple`,
    { exitCode: 2 },
  );
}
