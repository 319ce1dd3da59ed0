/** The systems that recipes can name. */
import type * as z from "zod";
import type { CamelCased } from "../config/case.ts";
import { createRegistry, registrySchema } from "../config/registry.ts";
import { usageError } from "../graph/errors.ts";
import { classicMixtureDefinition } from "./classic-mixture/definition.ts";
import type { ClassificationTask, Classifier } from "./classifier.ts";
import { customDefinition } from "./custom/definition.ts";
import type { SystemDefinition } from "./define.ts";
import { diffMoeDefinition } from "./diff-moe/definition.ts";
import { limoeDefinition } from "./limoe/definition.ts";
import { moeDecoderDefinition } from "./moe-decoder/definition.ts";
import { seeMoeDefinition } from "./seemoe/definition.ts";
import { sfMoeDefinition } from "./sf-moe/definition.ts";
import { sparselyGatedDefinition } from "./sparsely-gated/definition.ts";
import { textClassifierDefinition } from "./text-classifier/definition.ts";
import { vitMoeDefinition } from "./vit-moe/definition.ts";

const builtIn = [
  classicMixtureDefinition,
  customDefinition,
  diffMoeDefinition,
  vitMoeDefinition,
  sfMoeDefinition,
  sparselyGatedDefinition,
  seeMoeDefinition,
  moeDecoderDefinition,
  textClassifierDefinition,
  limoeDefinition,
] as const;

type BuiltIn = (typeof builtIn)[number];

/** Name of a built-in system. */
export type SystemName = BuiltIn["name"];

/** Settings of a built-in system, told apart by `system`. */
export type ModelSettings = CamelCased<z.output<BuiltIn["schema"]>>;

/** The settings of the system called `Name`. */
export type SettingsOf<Name extends SystemName> = Extract<ModelSettings, { system: Name }>;

/** All systems by name; plug-ins add theirs. */
export const systems = createRegistry<SystemDefinition<BuiltIn["schema"], ModelSettings>>(
  "system",
  builtIn as readonly unknown[] as readonly SystemDefinition<BuiltIn["schema"], ModelSettings>[],
);

/** The `model` part of a recipe: `system` selects the definition. */
export const modelSchema = registrySchema(systems, "system");

/**
 * The definition of the system that `settings` belong to.
 *
 * @throws UserError (exit code 2) for an unknown system
 */
export function systemOf(
  settings: ModelSettings,
): SystemDefinition<BuiltIn["schema"], ModelSettings> {
  return systems.get(settings.system);
}

/**
 * The classifier of images that `settings` describe.
 *
 * @throws UserError (exit code 2) for sizes that do not fit together, or a system without a classifier
 */
export function createClassifier(settings: ModelSettings, task: ClassificationTask): Classifier {
  const definition = systemOf(settings);
  if (definition.classifier === undefined) {
    throw usageError(`model.system ${settings.system} does not classify images`);
  }
  return definition.classifier(settings, task);
}
