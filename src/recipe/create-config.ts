/** Creates a complete configuration from settings in a program. */
import type * as z from "zod";
import { type CamelCased, camelCase, fromSnakeCase, toSnakeCase } from "../config/case.ts";
import { parseSettings } from "../config/parse-settings.ts";
import { type TrainConfig, trainConfigSchema } from "./config.ts";

type Settings = CamelCased<z.input<typeof trainConfigSchema>>;

/**
 * The settings of a recipe with camelCase keys; a model is not needed for
 * `train(config, { task })`.
 */
export type ConfigSettings = Omit<Settings, "recipe" | "model"> &
  Partial<Pick<Settings, "recipe" | "model">>;

/**
 * Completes settings with defaults.
 *
 * @param settings default model: `{ system: "custom" }`, for the task of `train`
 * @throws UserError (exit code 2) if settings are unknown or invalid
 * @example
 * const normalize = { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] };
 * const config = createConfig({ data: { name: "shapes", normalize }, train: { maxSteps: 100 } });
 * config.model.system; // "custom"
 * config.train.batchSize; // 64
 */
export function createConfig(settings: ConfigSettings): TrainConfig {
  const value = toSnakeCase({ recipe: "custom", model: { system: "custom" }, ...settings });
  return fromSnakeCase(parseSettings(trainConfigSchema, value, "settings", camelCase));
}
