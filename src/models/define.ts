/** The definition of a system: everything about a model that is not its mathematics. */
import type * as z from "zod";
import type { CamelCased } from "../config/case.ts";
import { type Definition, ofKind } from "../config/registry.ts";
import type { ClassificationTask, Classifier } from "./classifier.ts";

/** The kind of data set that a system learns from. */
export type SystemReads = "image" | "text" | "stream" | "points" | "any";

/** The queries that a trained model answers for single inputs. */
export type LiveKind =
  | "image-classifier"
  | "contrastive"
  | "captioner"
  | "language-model"
  | "text-classifier";

/** Pages of the inspector that show the routing of a run. */
export type SystemPage = "mosaic" | "tokens" | "experts" | "attention" | "confusion" | "playground";

/** Numbers of experts in every sparse layer, by kind. */
export interface ExpertCounts {
  /** Names of the kinds, in the order of their experts. */
  readonly kinds: readonly string[];
  readonly counts: readonly number[];
  /** Minimum number of experts of a layer: `K`, or 1 if `K` follows the number of experts. */
  readonly numSelectedExperts: number;
}

/** Reads and rewrites the expert counts in a system's settings. */
export interface SystemExperts<Settings> {
  counts(settings: Settings): ExpertCounts;
  /** @throws UserError (exit code 2) for counts that the settings cannot express */
  withCounts(settings: Settings, counts: readonly number[]): Settings;
  /** Path of the dense layer in place of a sparse layer; absent if the system has no dense form. */
  readonly denseLayer?: (path: string) => string;
  /** The override that makes every block sparse. */
  everywhere(settings: Settings): string;
}

/**
 * A system as the rest of the package sees it.
 *
 * `Settings` are the parsed settings with camelCase keys. Functions are methods, so that definitions of
 * different settings fit one list.
 */
export interface SystemDefinition<Schema extends z.ZodType = z.ZodType, Settings = unknown>
  extends Definition {
  readonly title: string;
  /** arXiv identifiers or a URL. */
  readonly paper: string;
  /** One sentence. */
  readonly description: string;
  /** Schema of the `model` part of a recipe; `system` is a literal, the name. */
  readonly schema: Schema;
  readonly reads: SystemReads;
  /** Pages of the inspector that its runs can fill. */
  readonly pages: readonly SystemPage[];
  /** Whether `train.algorithm` (domain generalisation) applies. Default false. */
  readonly learnsDomains?: boolean;
  /** Whether reports always analyse domains. Default: only for settings about domains. */
  readonly studiesDomains?: boolean;
  /** The kind of live model; undefined if it answers no single inputs. */
  answers(settings: Settings): LiveKind | undefined;
  /** Whether it needs a tokenizer. */
  readsText(settings: Settings): boolean;
  /**
   * The settings for one sample at a time.
   *
   * Capacity limits shared by the samples of a batch are lifted: a single sample would fill experts
   * that a batch leaves free, and lose tokens that evaluation keeps. Limits per sequence stay. Default:
   * the settings themselves.
   */
  alone?(settings: Settings): Settings;
  /** Absent if the experts of a trained model cannot be changed. */
  readonly experts?: SystemExperts<Settings>;
  /**
   * Builds the classifier of images; absent for other systems.
   *
   * @throws UserError (exit code 2) for sizes that do not fit together
   */
  classifier?(settings: Settings, task: ClassificationTask): Classifier;
  /**
   * What the system learns, for plug-ins: a `SystemTask` of `tasks/`, which this layer does not know.
   * Built-in systems have theirs in `tasks/system-tasks.ts`.
   */
  readonly task?: unknown;
}

/**
 * Declares a system, at the side of its model function.
 *
 * @example
 * const schema = z.strictObject({ system: z.literal("tiny"), width: z.number().default(8) });
 * const tiny = defineSystem({
 *   ...{ name: "tiny", title: "Tiny", paper: "none", description: "An example.", schema },
 *   ...{ reads: "image", pages: ["experts"] },
 *   answers: () => undefined,
 *   readsText: () => false,
 * });
 * tiny.schema.parse({ system: "tiny" }).width; // 8
 */
export function defineSystem<
  const Name extends string,
  Schema extends z.ZodType<{ readonly system: Name }>,
>(
  definition: SystemDefinition<Schema, CamelCased<z.output<Schema>>> & { readonly name: Name },
): SystemDefinition<Schema, CamelCased<z.output<Schema>>> & { readonly name: Name } {
  return ofKind("system", definition);
}
