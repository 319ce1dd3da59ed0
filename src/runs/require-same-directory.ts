/** Notices that a directory was deleted, renamed or replaced. */
import { type BigIntStats, statSync } from "node:fs";
import { UserError } from "../graph/errors.ts";

/**
 * Remembers the directory at a path.
 *
 * @returns a function that throws a UserError if another directory or none is there; it takes microseconds
 */
export function requireSameDirectory(path: string): () => void {
  const identity = ({ dev, ino }: BigIntStats): string => `${dev}:${ino}`;
  const first = identity(statSync(path, { bigint: true }));
  return () => {
    const now = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (now !== undefined && identity(now) === first) return;
    throw new UserError(
      `${path} was deleted or renamed while it was being trained, so the training ends; if it was renamed, continue it with: moesaic train --run <its new path> --resume`,
    );
  };
}
