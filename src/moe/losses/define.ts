/** The definition of an auxiliary loss, at the end of the file that computes it. */

import * as z from "zod";
import type { CamelCased } from "../../config/case.ts";
import { checkDefinition, fields } from "../../config/definition.ts";
import { ofKind } from "../../config/registry.ts";
import type { Defined } from "../../graph/defined.ts";
import type { Tensor } from "../../graph/graph.ts";
import type { MoeSizes, Routing } from "../routing.ts";
import type { TokenMask } from "./tokens.ts";

/** Ingredients of losses, as named in error messages. */
export const ingredients = {
  probabilities: "a probability of each expert",
  distribution: "probabilities of sum 1",
  choices: "choices of tokens that training can balance",
  noise: "noise on the logits",
  "varying-count": "a number of experts that varies by token",
} as const;

/** A quantity that a router provides and a loss needs. */
export type Ingredient = keyof typeof ingredients;

/** Ingredients of a definition. */
export const ingredientList: z.ZodType = z.array(z.enum(Object.keys(ingredients) as Ingredient[]));

/** Schedule of a weight over the training steps; the final factor applies to decaying schedules. */
const schedule = z.strictObject({
  kind: z
    .enum(["constant", "linear", "cosine"])
    .default("constant")
    .describe("Form of the weight of the loss after the warm-up."),
  warmup_steps: z
    .int()
    .nonnegative()
    .default(0)
    .describe("Steps over which the weight of the loss rises linearly from 0."),
  final: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe("Factor of the weight at the end of a decaying schedule."),
});

/** The settings of every loss. */
const common = {
  weight: z.number().nonnegative().describe("Factor of the loss in the objective."),
  schedule: schedule
    .optional()
    .describe("Change of the weight over the steps; constant by default."),
  modality: z
    .string()
    .optional()
    .describe("Restricts the loss to tokens of this modality; all by default."),
};

type Common = { readonly [Key in keyof typeof common]: (typeof common)[Key] };
type WithDefault = Omit<Common, "weight"> & { readonly weight: z.ZodDefault<Common["weight"]> };

/** The snake_case schema of a loss's settings. */
export type LossSchema<
  Name extends string = string,
  Shape extends z.ZodRawShape = Record<never, never>,
> = z.ZodObject<{ readonly name: z.ZodLiteral<Name> } & WithDefault & Shape, z.core.$strict>;

type AnyLossSchema = z.ZodType<{
  readonly name: string;
  readonly weight: number;
  readonly modality?: string | undefined;
}>;

/** Known properties of a routing's tokens. */
export interface LossInputs extends TokenMask {
  /** `S`, tokens per sequence. */
  readonly numTokens?: number;
}

/** A loss's own settings, each optional, and the known properties of the tokens. */
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
  /** What the loss measures; lower case, without a full stop. */
  readonly description: string;
  /** Publication or public code, with the equation. */
  readonly paper: string;
  /** Quantities that the routing must provide; a loss that needs noise is skipped in evaluation. */
  readonly needs: readonly Ingredient[];
  /** An alternative loss for routers that do not provide these quantities. */
  readonly instead?: string;
  /** Whether the loss needs sequences of a known length. Default false. */
  readonly sequences?: boolean;
  /** The problem of these settings in a layer of these sizes, or undefined. */
  check?(settings: CamelCased<z.output<Schema>>, sizes: MoeSizes): string | undefined;
  /** Computes the loss, a scalar, from the routing before any assignment is dropped. */
  compute(routing: Routing, options: LossOptions<Schema>): Tensor;
  /** Rows of the documentation's comparison. Default none. */
  readonly variants?: readonly LossVariant<Omit<z.input<Schema>, "name">>[];
}

/** A loss that can be used in recipes. */
export interface LossDefinition<Schema extends z.ZodType = AnyLossSchema>
  extends LossFacts<Schema> {
  readonly name: string;
  readonly schema: Schema;
}

const form = {
  name: fields.text,
  description: fields.text,
  needs: ingredientList,
  weight: z.number().nonnegative(),
  settings: fields.settings(["name", ...Object.keys(common)]),
  compute: fields.function,
};

/**
 * Defines a loss by its name, weight, own settings and formula.
 *
 * @param definition `settings` lists the loss's own settings in snake_case; `weight`, `schedule` and
 *   `modality` are common to all losses
 * @throws UserError (exit code 2) if a part is missing or wrong
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
export function defineLoss<const Name extends string, Shape extends z.ZodRawShape>(
  definition: LossFacts<LossSchema<Name, Shape>> & {
    readonly name: Name;
    /** The default weight of the loss. */
    readonly weight: number;
    readonly settings: Shape;
  },
): LossDefinition<LossSchema<Name, Shape>> & { readonly name: Name } {
  checkDefinition("defineLoss", form, definition);
  const { weight, settings, ...facts } = definition;
  const schema = z.strictObject({
    name: z.literal(facts.name).describe(facts.description),
    ...common,
    weight: common.weight.default(weight).describe("Factor of the loss in the objective."),
    ...settings,
  });
  return ofKind("loss", { ...facts, schema: schema as unknown as LossSchema<Name, Shape> });
}
