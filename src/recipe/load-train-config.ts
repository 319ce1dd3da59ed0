/** Training configurations with their plug-ins. */
import { type LoadOptions, loadConfig, pluginsOf } from "../config/load.ts";
import { usageError } from "../graph/errors.ts";
import { type TrainConfig, trainConfigSchema } from "./config.ts";
import { loadPlugins, locatePlugins, unloadedPlugins } from "./plugins.ts";

export interface LoadTrainConfigOptions extends LoadOptions {
  /** Plug-ins in addition to the ones that the configuration lists. */
  readonly plugins?: readonly string[];
  /**
   * Whether to import plug-ins that the configuration lists, by default true. Otherwise a
   * configuration with a plug-in that this process has not loaded is refused.
   */
  readonly trusted?: boolean;
}

/**
 * Loads the plug-ins of a training configuration, then the configuration itself.
 *
 * @param source name of a recipe, or path of a YAML file
 * @throws UserError (exit code 2) for invalid settings, or a plug-in that cannot be loaded
 * @example
 * const config = await loadTrainConfig("mine.yaml", { overrides: ["train.max_steps=10"] });
 */
export async function loadTrainConfig(
  source: string,
  { plugins = [], trusted = true, ...options }: LoadTrainConfigOptions = {},
): Promise<TrainConfig> {
  const listed = locatePlugins(pluginsOf(source, options), plugins);
  const [unloaded] = trusted ? [] : unloadedPlugins(listed);
  if (unloaded !== undefined) {
    throw usageError(
      `${source} lists the plug-in ${unloaded}, which is not loaded; pass --plugin ${unloaded} if you trust it`,
    );
  }
  await loadPlugins(listed);
  const config = loadConfig(source, trainConfigSchema, options);
  return listed.length === 0 ? config : { ...config, plugins: listed };
}
