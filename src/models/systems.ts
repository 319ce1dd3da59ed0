/** The systems that a recipe can select; plug-ins add theirs to `systems`. */
import type * as z from "zod";
import { createRegistry, type Registry, registrySchema } from "../config/registry.ts";
import { usageError } from "../graph/errors.ts";
import { classicMixtureDefinition } from "./classic-mixture/definition.ts";
import type { ClassificationTask, Classifier } from "./classifier.ts";
import { customDefinition } from "./custom/definition.ts";
import { decoderDefinition } from "./decoder/definition.ts";
import type {
  ClassifierDefinition,
  LanguageModelDefinition,
  ReadTexts,
  SettingsOf,
  SystemDefinition,
  VocabularySize,
} from "./define.ts";
import { diffMoeDefinition } from "./diff-moe/definition.ts";
import type { LanguageModel } from "./language-model.ts";
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
  decoderDefinition,
  textClassifierDefinition,
  limoeDefinition,
] as const;

type BuiltIn = (typeof builtIn)[number];

/** Name of a built-in system. */
export type SystemName = BuiltIn["name"];

/** Name of a built-in system that classifies images. */
export type ClassifierName = Extract<BuiltIn, ClassifierDefinition>["name"];

/** Name of a built-in system that continues texts. */
export type LanguageModelName = Extract<BuiltIn, LanguageModelDefinition>["name"];

/** The settings of a built-in system. Default: of any. */
export type ModelSettings<Name extends SystemName = SystemName> = SettingsOf<
  Extract<BuiltIn, { readonly name: Name }>["schema"]
>;

/**
 * Every system.
 *
 * @example
 * systems.get("limoe").paper // "arXiv:2206.02770"
 * systems.add(mySystem); // recipes can select it from now on
 */
export const systems: Registry<SystemDefinition> = createRegistry<SystemDefinition>(
  "system",
  builtIn,
  "system",
);

/** An interface, so that declarations refer to it by name instead of repeating all settings. */
export interface ModelSchema
  extends z.ZodType<z.output<BuiltIn["schema"]>, z.input<BuiltIn["schema"]>> {}

/** The `model` part of a recipe. Types list the built-in systems; added ones are accepted too. */
export const modelSchema: ModelSchema = registrySchema(systems) as never;

/**
 * The definition of the system that settings select.
 *
 * @example
 * systemOf({ system: "limoe" }).paper; // "arXiv:2206.02770"
 */
export function systemOf({ system }: { readonly system: string }): SystemDefinition {
  return systems.get(system);
}

/**
 * The texts that a model with these settings reads.
 *
 * @example
 * textsOf({ system: "limoe" }); // "samples"
 */
export function textsOf(settings: { readonly system: string }): ReadTexts {
  const { reads, texts } = systemOf(settings);
  return texts?.(settings) ?? (reads === "text" || reads === "stream" ? "samples" : "none");
}

/**
 * Builds the image classifier of the settings.
 *
 * @throws UserError (exit code 2) if sizes are inconsistent or the system has no classifier
 * @example
 * const { model } = loadConfig("shapes-vit-moe", trainConfigSchema);
 * const classifier = createClassifier(model, { numClasses: 8, imageShape: [3, 32, 32] });
 * classifier.numActiveExperts; // 2
 */
export function createClassifier(
  settings: ModelSettings<ClassifierName>,
  task: ClassificationTask,
): Classifier {
  const { name, classifier } = systemOf(settings);
  if (classifier !== undefined) return classifier(settings, task);
  throw usageError(`model.system ${name} does not classify images`);
}

/**
 * Builds the language model of the settings for a vocabulary.
 *
 * @throws UserError (exit code 2) if sizes are inconsistent or the system does not continue texts
 * @example
 * const { model } = loadConfig("makemoe-shakespeare", trainConfigSchema);
 * createLanguageModel(model, { vocabularySize: 65 }).headWidth; // 16
 */
export function createLanguageModel(
  settings: { readonly system: string },
  sizes: VocabularySize,
): LanguageModel {
  const { name, languageModel } = systemOf(settings);
  if (languageModel !== undefined) return languageModel(settings, sizes);
  throw usageError(`model.system ${name} does not continue texts`);
}
