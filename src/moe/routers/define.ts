/** The definition of a routing method, at the end of the file that computes it. */

import * as z from "zod";
import type { CamelCased } from "../../config/case.ts";
import { checkDefinition, fields } from "../../config/definition.ts";
import { ofKind } from "../../config/registry.ts";
import { type RenamedKeys, renamedKeys } from "../../config/renamed-keys.ts";
import type { Tensor } from "../../graph/graph.ts";
import type { Scope } from "../../nn/scope.ts";
import type { DispatchInput } from "../dispatch/config.ts";
import { type Ingredient, ingredientList } from "../losses/define.ts";
import type { LossInput } from "../losses/index.ts";
import type { MoeSizes, RouterKind, RoutingByKind } from "../routing.ts";

/** The snake_case schema of a router's settings. */
export type RouterSchema<Name extends string, Shape extends z.ZodRawShape> = z.ZodObject<
  { readonly name: z.ZodLiteral<Name> } & Shape,
  z.core.$strict
>;

type AnyRouterSchema = z.ZodType<{ readonly name: string }>;

/** Selected experts per token: `K` before granularity multiplies it, `all`, or a constant. */
export type Selection = number | "all" | { readonly always: number };

/** How a parameter or state is indexed by experts: along which axis, and how often. */
export interface ExpertAxis {
  readonly axis: 0 | 1;
  /** All experts occur this many times, one block after the other. Default 1. */
  readonly blocks?: number;
  /** Whether every expert has several adjacent entries: its slots. Default false. */
  readonly slots?: boolean;
}

/** Parameters and states by name below the router; null for one without an axis of experts. */
export type TensorLayout = Readonly<Record<string, ExpertAxis | null>>;

/** Requirements of a router on the model around it. */
export interface RouterRequirements {
  /** Sequences of a known length. Default false. */
  readonly sequences?: boolean;
  /** Set if it needs ids of words: the alternative for models without them. */
  readonly words?: string;
  /** Set if it needs positions in sequences: the alternative for models that decode token by token. */
  readonly positions?: string;
  /** Set if it refuses padding: the reason. */
  readonly noPadding?: string;
  /** Set if a token would depend on later tokens of its sequence: how, as a sentence without full stop. */
  readonly leak?: string;
}

/** Inputs of a router in addition to the tokens. */
export interface RouterInputs {
  readonly numExperts: number;
  /** `K`, if the number of experts is configurable. */
  readonly numSelectedExperts: number;
  /** `S`, tokens per sequence. */
  readonly numTokens?: number | undefined;
  /** Tokens that are not padding, `[N]` bool; default all. */
  readonly mask?: Tensor | undefined;
  /** Ids of words, `[N]` int64. */
  readonly ids?: Tensor | undefined;
  readonly vocabularySize?: number | undefined;
  /** `C`, tokens that each expert selects from a group; expert choice only. */
  readonly capacity?: number | undefined;
  /** `C` of each group by its tokens without padding, `[G]`; of expert choice with a mask. */
  readonly room?: Tensor | undefined;
  /** Tokens per group; expert choice only. */
  readonly groupSize?: number | undefined;
}

/** Who chooses the experts, as shown in pictures. */
export type Decides = "tokens" | "experts" | "evenly" | "all" | "nobody";

/** A row of the documentation's comparison of routing methods. */
export interface RouterVariant<Input> {
  /** Name of its folder below `runs/routing`. Default: the router's name. */
  readonly id?: string;
  readonly title: string;
  readonly settings: Input;
  readonly dispatch?: DispatchInput;
  readonly losses?: readonly LossInput[];
  /**
   * Whether the comparison must find the load even: a maximum violation below 0.5 and no dead expert. Left
   * out if no result is expected.
   */
  readonly balanced?: boolean;
}

/** Settings for which tests check gradients and invariants at many sizes. */
export interface RouterForm<Input> {
  /** Distinguishes this form of the router from others. */
  readonly title?: string;
  /** Settings without the number of selected experts, which tests choose. */
  readonly settings: Input;
  /** Sum of a token's weights before dropping. Default: at most 1. */
  readonly weightSum?: number;
}

/** Examples of a router for documentation and tests. */
export interface RouterExamples<Input> {
  readonly picture: { readonly settings: Input; readonly dispatch?: DispatchInput };
  /** Rows of the comparison; a router without any is not part of the documentation. Default none. */
  readonly variants?: readonly RouterVariant<Input>[];
  /** Default: the settings of the picture. */
  readonly forms?: readonly RouterForm<Input>[];
}

interface RouterFacts<Schema extends z.ZodType, Kind extends RouterKind> {
  readonly kind: Kind;
  /** Publication or public code. */
  readonly paper: string;
  /** One sentence. */
  readonly description: string;
  readonly decides: Decides;
  /** Selected experts per token; a number above the layer's experts is refused. */
  selects(settings: CamelCased<z.output<Schema>>): Selection;
  /** Quantities that it can provide to losses for at least some settings; see `lacks`. */
  readonly gives: readonly Ingredient[];
  /** Ingredients of `gives` that are missing with these settings, each with the remedy. */
  lacks?(settings: CamelCased<z.output<Schema>>): { readonly [What in Ingredient]?: string };
  /** Whether every expert receives the same number of tokens, so that capacities and losses are useless. */
  readonly even?: boolean;
  /** Its parameters and states, or a function of their names; empty if it has none. */
  readonly tensors: TensorLayout | ((names: readonly string[]) => TensorLayout);
  /** The problem of these settings in a layer of these sizes, or undefined. */
  check?(settings: CamelCased<z.output<Schema>>, sizes: MoeSizes): string | undefined;
  requires?(settings: CamelCased<z.output<Schema>>): RouterRequirements;
  /**
   * Routes tokens.
   *
   * @param x `[N, D]`
   */
  route(
    scope: Scope,
    x: Tensor,
    settings: CamelCased<z.output<Schema>>,
    inputs: RouterInputs,
  ): RoutingByKind[Kind];
  readonly examples: RouterExamples<Omit<z.input<Schema>, "name">>;
}

/** A routing method that can be used in recipes. */
export interface RouterDefinition<
  Schema extends z.ZodType = AnyRouterSchema,
  Kind extends RouterKind = RouterKind,
> extends RouterFacts<Schema, Kind> {
  readonly name: string;
  readonly schema: Schema;
}

const form = {
  name: fields.text,
  kind: z.enum(["token-choice", "expert-choice", "soft", "dense"] satisfies RouterKind[]),
  description: fields.text,
  selects: fields.function,
  gives: ingredientList,
  tensors: z.union([fields.mapping, fields.function]),
  settings: fields.settings(["name"]),
  route: fields.function,
};

/**
 * Defines a routing method; TypeScript reports missing parts.
 *
 * @throws UserError (exit code 2) if a part is missing or wrong
 * @param definition `settings` lists the router's settings in snake_case, `renamed` the keys that had
 *   another name in older versions
 * @example
 * routers.add(defineRouter({ name: "random", kind: "token-choice", ... }));
 */
export function defineRouter<
  const Name extends string,
  Shape extends z.ZodRawShape,
  Kind extends RouterKind,
>(
  definition: RouterFacts<RouterSchema<Name, Shape>, Kind> & {
    readonly name: Name;
    readonly settings: Shape;
    readonly renamed?: RenamedKeys;
  },
): RouterDefinition<RouterSchema<Name, Shape>, Kind> & { readonly name: Name } {
  checkDefinition("defineRouter", form, definition);
  const { settings, renamed, ...facts } = definition;
  const name = z.literal(facts.name).describe(facts.description);
  const schema = z.strictObject({ name, ...settings });
  if (renamed !== undefined) schema.register(renamedKeys, renamed);
  return ofKind("router", { ...facts, schema: schema as unknown as RouterSchema<Name, Shape> });
}
