/**
 * The definition of a system. Recipes, tasks, live models, edits of experts and the
 * inspector read it, so that adding a system needs no other list.
 */
import * as z from "zod";
import type { CamelCased } from "../config/case.ts";
import { checkDefinition, fields } from "../config/definition.ts";
import { ofKind } from "../config/registry.ts";
import type { ClassificationTask, Classifier } from "./classifier.ts";
import type { EditableExperts } from "./experts.ts";
import type { LanguageModel } from "./language-model.ts";

/** The kind of answer that a trained model gives for a single input. */
export type LiveKind =
  | "image-classifier"
  | "contrastive"
  | "captioner"
  | "language-model"
  | "text-classifier";

/** Pages of the inspector that depend on the system of a run. */
export type SystemPage = "mosaic" | "tokens" | "experts" | "attention" | "confusion" | "playground";

/** Texts that a model reads: none, one description per class, or the texts of its samples. */
export type ReadTexts = "none" | "classes" | "samples";

/**
 * A part of a model with the form of an encoder, such as a tower, which can start from weights of its
 * own.
 */
export interface ModelPart<Settings> {
  /**
   * Prefixes of an encoder's parameters, `sf-moe` for images and `text-classifier` for texts, and what
   * replaces them in this model; the first that matches counts.
   */
  readonly names: readonly (readonly [from: string, to: string])[];
  /** The settings of the encoder that the part is. */
  settings(settings: Settings): object;
  /** The place of a setting of the encoder in those of the model, such as `vision.num_heads`. */
  placeOf(key: string): string;
}

/** Counts to compare with a file of weights before the model is traced. */
export interface SystemSizes {
  readonly layers: number;
  readonly experts: number;
}

/** A function whose type a higher layer defines: `TaskMaker` in `tasks/`, `LiveMaker` in `live/`. */
type Maker = (...given: never[]) => object;

/** The `model` part of a recipe in snake_case: a strict object with the literal key `system`. */
export type SystemSchema<Name extends string = string> = z.ZodType<{ readonly system: Name }>;

/** The settings of a system with all defaults, camelCase. */
export type SettingsOf<Schema extends SystemSchema> = CamelCased<z.output<Schema>>;

interface SystemFacts<Settings> {
  readonly title: string;
  /** Publication or public code. */
  readonly paper: string;
  /** One sentence. */
  readonly description: string;
  /** The kind of data sets that the system learns from. */
  readonly reads: "image" | "text" | "stream" | "points" | "any";
  /** Default: the samples, if `reads` is `text` or `stream`, otherwise none. */
  texts?(settings: Settings): ReadTexts;
  /** Absent for a system without live models. */
  answers?(settings: Settings): LiveKind;
  /**
   * The settings for one sample at a time. Default: unchanged.
   *
   * They remove a capacity limit that the samples of a batch share: a single sample would overfill
   * its experts and drop tokens that evaluation keeps. A limit per sequence and the choice of tokens
   * by experts do not depend on the batch, so they stay.
   */
  alone?(settings: Settings): Settings;
  /** Parts that can start from weights of their own, by name. */
  parts?(settings: Settings): Readonly<Record<string, ModelPart<Settings>>>;
  /** Absent if the number of experts cannot change after training. */
  readonly experts?: EditableExperts<Settings>;
  sizes(settings: Settings): SystemSizes;
  /** Pages of the inspector that runs of the system can fill. */
  readonly pages: readonly SystemPage[];
  /** Whether its accuracies are those of next tokens. Default: if it continues texts. */
  readonly predictsTokens?: boolean;
  /** Whether `train.algorithm` applies, which learns classes from several domains. Default false. */
  readonly learnsDomains?: boolean;
  /** Whether a run analyses its routing by domain even if no setting names domains. Default false. */
  readonly analyzesDomains?: boolean;
  /** A `TaskMaker`. `tasks/` has the makers of built-in systems; a classifier or language model needs none. */
  readonly task?: Maker;
  /** A `LiveMaker`. `live/` has the makers of built-in systems; a classifier or language model needs none. */
  readonly live?: Maker;
  /**
   * Builds the image classifier of the settings.
   *
   * @throws UserError (exit code 2) if sizes are inconsistent
   */
  classifier?(settings: Settings, task: ClassificationTask): Classifier;
  /**
   * Builds the language model of the settings for a vocabulary.
   *
   * @throws UserError (exit code 2) if sizes are inconsistent
   */
  languageModel?(settings: Settings, sizes: VocabularySize): LanguageModel;
}

/** Number of ids of a tokenizer. */
export interface VocabularySize {
  readonly vocabularySize: number;
}

/** A system that a recipe can select. */
export interface SystemDefinition<
  Name extends string = string,
  Schema extends SystemSchema<Name> = SystemSchema<Name>,
> extends SystemFacts<SettingsOf<Schema>> {
  readonly name: Name;
  readonly schema: Schema;
}

/** A system that classifies images. */
export type ClassifierDefinition<
  Name extends string = string,
  Schema extends SystemSchema<Name> = SystemSchema<Name>,
> = SystemDefinition<Name, Schema> & Required<Pick<SystemFacts<SettingsOf<Schema>>, "classifier">>;

/** A system that continues texts. */
export type LanguageModelDefinition<
  Name extends string = string,
  Schema extends SystemSchema<Name> = SystemSchema<Name>,
> = SystemDefinition<Name, Schema> &
  Required<Pick<SystemFacts<SettingsOf<Schema>>, "languageModel">>;

const form = {
  name: fields.text,
  title: fields.text,
  description: fields.text,
  reads: z.enum(["image", "text", "stream", "points", "any"] satisfies SystemDefinition["reads"][]),
  schema: fields.schema,
  sizes: fields.function,
  pages: z.array(z.string()),
  classifier: fields.function.optional(),
  languageModel: fields.function.optional(),
  task: fields.function.optional(),
  live: fields.function.optional(),
};

/**
 * Defines a system.
 *
 * @returns the definition, which a plug-in exports
 * @throws UserError (exit code 2) if a part is missing or wrong
 * No example: examples/plugins/patch-mixture.ts defines a system and a recipe trains it.
 */
export function defineSystem<const Name extends string, Schema extends SystemSchema<Name>>(
  definition: ClassifierDefinition<Name, Schema>,
): ClassifierDefinition<Name, Schema>;
export function defineSystem<const Name extends string, Schema extends SystemSchema<Name>>(
  definition: LanguageModelDefinition<Name, Schema>,
): LanguageModelDefinition<Name, Schema>;
export function defineSystem<const Name extends string, Schema extends SystemSchema<Name>>(
  definition: SystemDefinition<Name, Schema>,
): SystemDefinition<Name, Schema>;
export function defineSystem(definition: SystemDefinition): SystemDefinition {
  checkDefinition("defineSystem", form, definition);
  return ofKind("system", definition);
}
