/** A data set as one definition: its description, its settings in recipes, and how it is opened. */

import * as z from "zod";
import type { CamelCased } from "../config/case.ts";
import { checkDefinition, fields } from "../config/definition.ts";
import { ofKind } from "../config/registry.ts";
import type { Dataset, ImageShape, Split } from "./dataset.ts";
import type { ClassDescription, DatasetDescription } from "./description.ts";
import type { StoreHooks } from "./images/store.ts";
import type { FitMode } from "./transforms/index.ts";

/** The settings of a set in code, with camelCase keys. */
export type Settings<Schema extends z.ZodType> = CamelCased<z.output<Schema>>;

/** Fields common to the description of every split. */
export interface SplitSpec {
  readonly name: string;
  readonly split: Split;
}

/** Some options of a split's description. */
type Options<Spec extends SplitSpec> = Partial<Omit<Spec, keyof SplitSpec>>;

/** Properties of a set that follow from its settings; a property that depends on files is absent. */
export interface KnownProperties {
  readonly classNames?: readonly string[];
  /** The shape of the images before any transform. */
  readonly imageShape?: ImageShape;
  /** Whether samples have captions; by default false. */
  readonly captions?: boolean;
}

/** How images are prepared for a model that was trained on other data. */
export interface ForeignReader {
  readonly seed: number;
  readonly root?: string;
  /** Longer side of the images that the model reads, pixels. */
  readonly size: number;
  readonly resize: FitMode;
  readonly onBroken: "stop" | "skip";
}

/**
 * The definition of a data set. Recipes, `moesaic data`, the loader and its worker threads read it
 * from the registry, so a new set needs no change elsewhere.
 */
export interface DatasetDefinition<
  Name extends string = string,
  Schema extends z.ZodType = z.ZodType,
  Spec extends SplitSpec = SplitSpec,
  Set extends Dataset = Dataset,
> extends DatasetDescription {
  readonly name: Name;
  readonly kind: Set["kind"];
  /** The `data` part of a recipe: a strict object in snake_case whose `name` is this name. */
  readonly schema: Schema;
  /** Whether each split is generated from the seed; otherwise the splits share stored samples. */
  readonly generated?: boolean;
  /** The setting that adds classes to the set, such as `data.labels to scenes`. */
  readonly classesSetting?: string;
  /** Sentences with `{}` as placeholder for a class, for zero-shot classification. */
  readonly templates?: readonly string[];
  /** Sentences with `{}` as placeholder for a label other than a class; by default `templates`. */
  readonly labelTemplates?: readonly string[];
  /** Descriptions of the classes in label order. */
  readonly classDescriptions?: readonly ClassDescription[];
  /**
   * The plain description of a split, which can be sent to a worker thread.
   *
   * @param seed of the run, for generated sets
   */
  spec(settings: Settings<Schema>, split: Split, seed: number): NoInfer<Spec>;
  /** Opens a split; may read files. */
  open(spec: Spec, hooks: StoreHooks): Set | Promise<Set>;
  /** Properties that are known without reading files; by default the classes of the description. */
  describe?(settings: Settings<Schema>): KnownProperties;
  /** Whether these settings define a test split; by default they do. */
  hasTestSplit?(settings: Settings<Schema>): boolean;
  /**
   * Checks what a split needs before training begins, without decoding: files, rows, classes.
   *
   * @throws UserError if the split cannot be opened
   */
  check?(spec: Spec): Promise<void>;
  /**
   * All domains, for sets whose samples have one; such a set has the settings `domains` and
   * `test_domains`, and `split_seed` unless it is generated.
   */
  domains?(settings: Settings<Schema>): readonly string[] | Promise<readonly string[]>;
  /** The first `length` scenes of a split, all drawn in one domain, if the set supports it. */
  inDomain?(spec: Spec, domain: string, length: number): NoInfer<Spec>;
  /** Options for a model trained on other data, for sets of images without required settings. */
  optionsForModel?(reader: ForeignReader): Options<NoInfer<Spec>>;
  /** Options that add classes, for sets whose samples have classes only on request. */
  readonly classOptions?: Options<NoInfer<Spec>>;
}

const form = {
  name: fields.text,
  kind: z.enum(["image", "text", "stream", "points"] satisfies Dataset["kind"][]),
  title: fields.text,
  description: fields.text,
  terms: fields.text,
  splits: fields.mapping,
  classNames: z.array(z.string()),
  files: z.array(fields.mapping),
  schema: fields.schema,
  spec: fields.function,
  open: fields.function,
};

/**
 * Defines a data set. Export the type of `Spec`, so that declarations of the registry can name it.
 *
 * @throws UserError (exit code 2) if a part is missing or wrong
 * @example
 * const noise = defineDataset({
 *   name: "noise",
 *   kind: "image",
 *   title: "Noise",
 *   description: "grey noise in two classes",
 *   terms: "generated here, free to use",
 *   splits: {},
 *   classNames: ["fine", "coarse"],
 *   files: [],
 *   generated: true,
 *   schema: z.strictObject({ name: z.literal("noise"), ...imageKeys }),
 *   spec: ({ name }, split, seed) => ({ name, split, seed }),
 *   open: openNoise, // (spec: { name: "noise"; split: Split; seed: number }) => ImageDataset
 * });
 */
export function defineDataset<
  const Name extends string,
  Schema extends z.ZodType<{ name: Name }>,
  Spec extends SplitSpec,
  Set extends Dataset,
>(
  definition: DatasetDefinition<Name, Schema, Spec, Set>,
): DatasetDefinition<Name, Schema, Spec, Set> {
  checkDefinition("defineDataset", form, definition);
  return ofKind("data set", definition);
}
