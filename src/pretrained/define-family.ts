/** The definition of a family of checkpoints: how its `config.json` and names map to a system. */
import * as z from "zod";
import { checkDefinition, fields } from "../config/definition.ts";
import { ofKind } from "../config/registry.ts";
import { type HubConfig, hubConfigSchema } from "./hub-config.ts";
import type { NameRule } from "./names.ts";
import type { GraphFacts } from "./onnx-files.ts";

/** Settings of a system in the form of recipes. */
export type SystemInput = Readonly<Record<string, unknown>>;

/** The keys of a config.json, of which only the family is known. */
export interface FamilyConfig {
  readonly model_type: string;
}

/** Sizes of an encoder's inputs, which are no settings of its system. */
export interface InputSizes {
  /** Rows of the token table. */
  readonly vocabularySize?: number;
  /** `[C, H, W]` */
  readonly imageShape?: readonly [number, number, number];
}

/** A family of checkpoints on the Hugging Face hub. */
export interface FamilyDefinition<Config extends FamilyConfig = FamilyConfig> {
  /** `model_type` of its config.json. */
  readonly name: string;
  readonly title: string;
  /** Publication or public code. */
  readonly paper: string;
  /** A decoder continues texts; an encoder gives features, and models start from its weights. */
  readonly kind: "decoder" | "encoder";
  /** How a token's experts are chosen, in one sentence; absent for dense families. */
  routing?(config: Config): string;
  /** The keys of config.json that it reads. */
  readonly schema: z.ZodType<Config>;
  /**
   * Settings of the system that computes it.
   *
   * @throws UserError (exit code 2) for values that it does not compute exactly
   */
  settings(config: Config): SystemInput;
  inputs(config: Config): InputSizes;
  /** Where each parameter lies. */
  readonly names: readonly NameRule[];
  /** Prefixes that stored names may have, such as that of the encoder in a model with a head. */
  readonly prefixes: readonly string[];
  /** Stored tensors that are no part of the model, such as heads of the pre-training. */
  readonly leftOut?: RegExp;
  /** How its own code resamples positions. Default `antialiased`. */
  readonly resampling?: Resampling;
  /**
   * The keys of config.json of weights without one, as in an ONNX file; undefined for another family.
   * Absent for families that are only recognised by their config.json.
   */
  recognize?(
    shapeOf: (name: string) => readonly number[] | undefined,
    facts: GraphFacts,
  ): Readonly<Record<string, unknown>> | undefined;
}

/**
 * Bicubic resampling of positions to another grid: with antialiasing, as timm does, or without, as
 * DINOv2 does.
 */
export type Resampling = "antialiased" | "bicubic";

/** The parts that families of all kinds give. */
type FamilyFacts = Omit<
  FamilyDefinition,
  | "kind"
  | "routing"
  | "schema"
  | "settings"
  | "inputs"
  | "prefixes"
  | "leftOut"
  | "resampling"
  | "recognize"
>;

const form = {
  name: fields.text,
  title: fields.text,
  paper: fields.text,
  keys: fields.mapping,
  settings: fields.function,
  names: z.array(z.looseObject({})),
};

/**
 * Defines a family of decoders.
 *
 * @param definition `keys` are those of its config.json beside the common ones
 */
export function defineFamily<const Shape extends z.ZodRawShape>(
  definition: FamilyFacts & {
    readonly keys: Shape;
    routing?(config: HubConfig): string;
    settings(config: HubConfig & z.output<z.ZodObject<Shape>>): SystemInput;
  },
): FamilyDefinition<HubConfig> {
  checkDefinition("defineFamily", form, definition);
  const { keys, settings, ...facts } = definition;
  const schema = hubConfigSchema.extend({ model_type: z.literal(facts.name), ...keys });
  return ofKind("family", {
    ...facts,
    kind: "decoder",
    prefixes: [],
    schema: schema as unknown as z.ZodType<HubConfig>,
    settings: settings as (config: HubConfig) => SystemInput,
    inputs: (config: HubConfig) => ({ vocabularySize: config.vocab_size }),
  } as const);
}

/**
 * Defines a family of encoders of texts or images.
 *
 * @param definition `keys` are all keys of its config.json that it reads
 */
export function defineEncoder<const Shape extends z.ZodRawShape>(
  definition: FamilyFacts &
    Pick<FamilyDefinition, "leftOut" | "resampling" | "recognize"> & {
      readonly keys: Shape;
      readonly prefixes?: readonly string[];
      settings(config: FamilyConfig & z.output<z.ZodObject<Shape>>): SystemInput;
      inputs(config: FamilyConfig & z.output<z.ZodObject<Shape>>): InputSizes;
    },
): FamilyDefinition {
  checkDefinition("defineEncoder", { ...form, inputs: fields.function }, definition);
  const { keys, settings, inputs, prefixes = [], ...facts } = definition;
  const schema = z.looseObject({ model_type: z.literal(facts.name), ...keys });
  return ofKind("family", {
    ...{ ...facts, prefixes },
    kind: "encoder",
    schema: schema as unknown as z.ZodType<FamilyConfig>,
    settings: settings as FamilyDefinition["settings"],
    inputs: inputs as FamilyDefinition["inputs"],
  } as const);
}
