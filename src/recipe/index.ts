/** Recipes: their schema, and the data sets, models and tasks of their settings. */

export { configToYaml, type LoadOptions, loadConfig } from "../config/load.ts";
export { listRecipes, type Recipe } from "../config/recipes.ts";
export { type TrainConfig, trainConfigSchema } from "./config.ts";
export {
  type CountedModel,
  type CountedPart,
  countModelParameters,
  countParametersOf,
  type TokenCounts,
} from "./count-parameters.ts";
export { type ConfigSettings, createConfig } from "./create-config.ts";
export type { DescribeOptions } from "./describe-data.ts";
export type { ImageRequest, ImageSource, SplitRequest } from "./image-source.ts";
export { loadTrainConfig } from "./load-train-config.ts";
export { loadPlugins } from "./plugins.ts";
