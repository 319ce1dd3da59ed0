/** Numbers given as options. */
import { usageError } from "../graph/errors.ts";

/** @throws UserError (exit code 2) for what is no number */
export function parseNumber(option: string, text: string): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (Number.isFinite(value)) return value;
  throw usageError(`${option} takes a number, got "${text}"`);
}

/** @throws UserError (exit code 2) for what is no whole number of `least` or more */
export function parseWhole(option: string, text: string, least: number): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least) return value;
  throw usageError(`${option} takes a whole number >= ${least}, got "${text}"`);
}

/** `best` or `latest`. */
export function parseCheckpoint(name: string): "best" | "latest" {
  if (name === "best" || name === "latest") return name;
  throw usageError(`--checkpoint is best or latest, got ${name}`);
}
