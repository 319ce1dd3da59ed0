import type { MoeSettings } from "../moe/settings.ts";
import type { MoeLayers } from "../moe/sparse-blocks.ts";
import type { SystemSizes } from "./define.ts";

/**
 * Sizes of a transformer whose `moeLayers` have experts.
 *
 * @example
 * const { model } = loadConfig("shapes-vit-moe", trainConfigSchema);
 * moeBlockSizes(model).experts; // 8
 */
export function moeBlockSizes({
  numLayers,
  moeLayers,
  moe,
}: {
  readonly numLayers: number;
  readonly moeLayers: MoeLayers;
  readonly moe: MoeSettings;
}): SystemSizes {
  return { layers: numLayers, experts: moeLayers === "none" ? 0 : moe.numExperts };
}
