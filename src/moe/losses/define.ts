/** What an auxiliary loss is: one definition at the foot of the file that computes it. */

import * as z from "zod";
import type { CamelCased } from "../../config/case.ts";
import { ofKind } from "../../config/registry.ts";
import type { Defined } from "../../graph/defined.ts";
import type { Tensor } from "../../graph/graph.ts";
import type { MoeSizes, Routing } from "../routing.ts";
import type { TokenMask } from "./tokens.ts";

/** What losses are made of, as error messages call it. */
export const ingredients = {
  probabilities: "a probability of each expert",
  distribution: "probabilities of sum 1",
  choices: "choices of tokens that training can balance",
  noise: "noise on the logits",
  "varying-count": "a number of experts that varies from token to token",
} as const;

/** What a router gives and a loss needs. */
export type Ingredient = keyof typeof ingredients;

/** How a weight changes over the steps of training; the factor at the end counts with a decay. */
const schedule = z.strictObject({
  kind: z.enum(["constant", "linear", "cosine"]).default("constant"),
  warmup_steps: z.int().nonnegative().default(0),
  final: z.number().min(0).max(1).default(0),
});

/** The settings of every loss. */
const common = {
  weight: z.number().nonnegative(),
  schedule: schedule.optional(),
  /** Counts the tokens of this modality alone; all by default. */
  modality: z.string().optional(),
};

type Common = { readonly [Key in keyof typeof common]: (typeof common)[Key] };
type WithDefault = Omit<Common, "weight"> & { readonly weight: z.ZodDefault<Common["weight"]> };

/** The schema of a loss's settings, of the snake_case form. */
export type LossSchema<
  Name extends string = string,
  Shape extends z.ZodRawShape = Record<never, never>,
> = z.ZodObject<{ readonly name: z.ZodLiteral<Name> } & WithDefault & Shape, z.core.$strict>;

type AnyLossSchema = z.ZodType<{
  readonly name: string;
  readonly weight: number;
  readonly modality?: string | undefined;
}>;

/** What is known of a routing's tokens. */
export interface LossInputs extends TokenMask {
  /** `S`, tokens per sequence. */
  readonly numTokens?: number;
}

/** A loss's own settings, each optional, and what is known of the tokens. */
export type LossOptions<Schema extends z.ZodType> = LossInputs &
  Partial<Defined<Omit<CamelCased<z.output<Schema>>, "name" | keyof Common>>>;

/** A row of the documentation's comparison of top-2 routing with different losses. */
export interface LossVariant<Input> {
  /** Name of its folder below `runs/routing`. Default: the loss's name. */
  readonly id?: string;
  readonly title: string;
  readonly settings: Input;
  /** Other losses of the row. Default none. */
  readonly beside?: readonly { readonly name: string; readonly [setting: string]: unknown }[];
}

interface LossFacts<Schema extends z.ZodType> {
  /** What it measures; lower case, without a full stop. */
  readonly description: string;
  /** Publication or public code, with the equation. */
  readonly paper: string;
  /** What a routing must give; a loss that needs noise is absent in evaluation. */
  readonly needs: readonly Ingredient[];
  /** A loss for routers that do not give what this one needs. */
  readonly instead?: string;
  /** Whether it needs sequences of a known length. Default false. */
  readonly sequences?: boolean;
  /** What is wrong with these settings in a layer of these sizes. */
  check?(settings: CamelCased<z.output<Schema>>, sizes: MoeSizes): string | undefined;
  /** A scalar; the routing is the one before any assignment is dropped. */
  compute(routing: Routing, options: LossOptions<Schema>): Tensor;
  /** Rows of the documentation's comparison. Default none. */
  readonly variants?: readonly LossVariant<Omit<z.input<Schema>, "name">>[];
}

/** A loss that recipes can name. */
export interface LossDefinition<Schema extends z.ZodType = AnyLossSchema>
  extends LossFacts<Schema> {
  readonly name: string;
  readonly schema: Schema;
}

/**
 * Defines a loss by its name, weight, own settings and formula.
 *
 * @param definition `settings` lists the loss's own settings in snake_case; `weight`, `schedule` and
 *   `modality` are common to all losses
 * @example
 * auxiliaryLosses.add(defineLoss({
 *   name: "confidence",
 *   description: "mean probability of the first choice",
 *   paper: "none",
 *   needs: ["probabilities"],
 *   weight: 0.01,
 *   settings: {},
 *   compute: ({ probabilities }, { mask }) => tokenMean(reduceMax(probabilities, -1), mask),
 * }));
 */
export function defineLoss<const Name extends string, Shape extends z.ZodRawShape>({
  weight,
  settings,
  ...facts
}: LossFacts<LossSchema<Name, Shape>> & {
  readonly name: Name;
  /** The weight of the loss if none is given. */
  readonly weight: number;
  readonly settings: Shape;
}): LossDefinition<LossSchema<Name, Shape>> & { readonly name: Name } {
  const schema = z.strictObject({
    name: z.literal(facts.name),
    ...common,
    weight: common.weight.default(weight),
    ...settings,
  });
  return ofKind("loss", { ...facts, schema: schema as unknown as LossSchema<Name, Shape> });
}
