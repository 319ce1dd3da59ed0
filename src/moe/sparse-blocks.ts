/** Selects the blocks of a model that have experts. */
import * as z from "zod";
import type { CamelCased } from "../config/case.ts";
import { usageError } from "../graph/errors.ts";

const index = z.int().nonnegative();
const count = z.int().positive();

/** `all`, `none`, `{ every_n: 2 }`, `{ last_n: 2 }`, or a list of blocks, counted from 0. */
export const moeLayersSchema = z.union([
  z.enum(["all", "none"]),
  z.strictObject({
    every_n: count.describe("Every n-th block has experts: the blocks n - 1, 2n - 1 and so on."),
  }),
  z.strictObject({ last_n: count.describe("The last n of the odd blocks have experts.") }),
  z.array(index).max(1024),
]);

export type MoeLayers = CamelCased<z.output<typeof moeLayersSchema>>;

/**
 * The blocks with experts, counted from 0, as in V-MoE (arXiv:2106.05974, section 3; google-research/vmoe):
 * `every_n` are the blocks n - 1, 2n - 1 and so on; `last_n` the last n of the odd blocks 1, 3, 5, ...
 *
 * @throws UserError (exit code 2) if the setting does not fit the number of blocks
 *
 * @example
 * moeBlocks({ lastN: 2 }, 12) // [9, 11]
 */
export function moeBlocks(layers: MoeLayers, numLayers: number): number[] {
  const all = Array.from({ length: numLayers }, (_, i) => i);
  if (layers === "all") return all;
  if (layers === "none") return [];
  if (Array.isArray(layers)) {
    const outside = layers.find((layer) => layer >= numLayers);
    if (outside !== undefined) {
      throw usageError(
        `model.moe_layers names block ${outside}, but the model has blocks 0 to ${numLayers - 1}`,
      );
    }
    return [...new Set(layers)].sort((a, b) => a - b);
  }
  if ("everyN" in layers) {
    return requireSome(
      all.filter((i) => (i + 1) % layers.everyN === 0),
      `every_n: ${layers.everyN}`,
      numLayers,
    );
  }
  const odd = all.filter((i) => i % 2 === 1);
  if (layers.lastN > odd.length) {
    throw usageError(
      `model.moe_layers selects the last ${layers.lastN} odd blocks, but ${numLayers} blocks have only ${odd.length}; lower last_n or name the blocks`,
    );
  }
  return odd.slice(-layers.lastN);
}

function requireSome(blocks: number[], setting: string, numLayers: number): number[] {
  if (blocks.length === 0) {
    throw usageError(
      `model.moe_layers ${setting} selects none of the ${numLayers} blocks; choose none if this is intended`,
    );
  }
  return blocks;
}
