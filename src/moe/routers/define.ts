/** What a routing method is: one definition at the foot of the file that computes it. */

import * as z from "zod";
import type { CamelCased } from "../../config/case.ts";
import { ofKind } from "../../config/registry.ts";
import { type RenamedKeys, renamedKeys } from "../../config/renamed-keys.ts";
import type { Tensor } from "../../graph/graph.ts";
import type { Scope } from "../../nn/scope.ts";
import type { DispatchInput } from "../dispatch/config.ts";
import type { Ingredient } from "../losses/define.ts";
import type { LossInput } from "../losses/index.ts";
import type { MoeSizes, RouterKind, RoutingByKind } from "../routing.ts";

/** The schema of a router's settings, of the snake_case form. */
export type RouterSchema<Name extends string, Shape extends z.ZodRawShape> = z.ZodObject<
  { readonly name: z.ZodLiteral<Name> } & Shape,
  z.core.$strict
>;

type AnyRouterSchema = z.ZodType<{ readonly name: string }>;

/** Experts of a token: `K` before granularity multiplies it, `all`, or a number that never changes. */
export type Selection = number | "all" | { readonly always: number };

/** How a parameter or state carries the experts: along which axis, and how often. */
export interface ExpertAxis {
  readonly axis: 0 | 1;
  /** All experts occur this many times, one block after the other. Default 1. */
  readonly blocks?: number;
  /** Whether every expert has several neighbouring entries: its slots. Default false. */
  readonly slots?: boolean;
}

/** Parameters and states by their name below the router; null for one without an axis of experts. */
export type TensorLayout = Readonly<Record<string, ExpertAxis | null>>;

/** What a router needs of the model around it. */
export interface RouterRequirements {
  /** Sequences of a known length. Default false. */
  readonly sequences?: boolean;
  /** Set if it needs ids of words: what to choose in a model without them. */
  readonly words?: string;
  /** Set if it needs positions in sequences: what to choose in a model that reads single tokens. */
  readonly positions?: string;
  /** Set if it refuses padding: why. */
  readonly noPadding?: string;
  /** Set if a token would see later ones of its sequence: how; a sentence without its full stop. */
  readonly leak?: string;
}

/** Inputs of a router in addition to the tokens. */
export interface RouterInputs {
  readonly numExperts: number;
  /** `K`, if the router has a choice. */
  readonly numSelectedExperts: number;
  /** `S`, tokens per sequence. */
  readonly numTokens?: number | undefined;
  /** Which tokens there are, `[N]` bool; default all. */
  readonly mask?: Tensor | undefined;
  /** Ids of words, `[N]` int64. */
  readonly ids?: Tensor | undefined;
  readonly vocabularySize?: number | undefined;
  /** `C`, tokens that each expert takes of a group; of expert choice. */
  readonly capacity?: number | undefined;
  /** Tokens of a group; of expert choice. */
  readonly groupSize?: number | undefined;
}

/** Who chooses the expert of a token, as pictures show it. */
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
   * Whether the comparison must find it even: a maximum violation below 0.5 and no dead expert. Left
   * out if nothing is promised.
   */
  readonly balanced?: boolean;
}

/** Settings whose gradients and invariants tests check for many sizes. */
export interface RouterForm<Input> {
  /** What sets it apart from other forms of the router. */
  readonly title?: string;
  /** Without the number of selected experts, which tests choose. */
  readonly settings: Input;
  /** What a token's weights sum to before anything is dropped. Default: at most 1. */
  readonly weightSum?: number;
}

/** What documentation and tests show of a router. */
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
  /** Experts of a token; more than the layer has are refused. */
  selects(settings: CamelCased<z.output<Schema>>): Selection;
  /** What it can give to losses, for some settings at least; see `lacks`. */
  readonly gives: readonly Ingredient[];
  /** The ingredients of `gives` that these settings lack, each with the remedy. */
  lacks?(settings: CamelCased<z.output<Schema>>): { readonly [What in Ingredient]?: string };
  /** Whether every expert gets equally many tokens, so that no capacity or loss is of use. */
  readonly even?: boolean;
  /** Its parameters and states, or a function of their names; empty if it has none. */
  readonly tensors: TensorLayout | ((names: readonly string[]) => TensorLayout);
  /** What is wrong with these settings in a layer of these sizes. */
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

/** A routing method that recipes can name. */
export interface RouterDefinition<
  Schema extends z.ZodType = AnyRouterSchema,
  Kind extends RouterKind = RouterKind,
> extends RouterFacts<Schema, Kind> {
  readonly name: string;
  readonly schema: Schema;
}

/**
 * Defines a routing method; an error of TypeScript names what is missing.
 *
 * @param definition `settings` lists the router's settings in snake_case, `renamed` the keys that had
 *   another name in older versions
 * @example
 * routers.add(defineRouter({ name: "random", kind: "token-choice", ... }));
 */
export function defineRouter<
  const Name extends string,
  Shape extends z.ZodRawShape,
  Kind extends RouterKind,
>({
  settings,
  renamed,
  ...facts
}: RouterFacts<RouterSchema<Name, Shape>, Kind> & {
  readonly name: Name;
  readonly settings: Shape;
  readonly renamed?: RenamedKeys;
}): RouterDefinition<RouterSchema<Name, Shape>, Kind> & { readonly name: Name } {
  const schema = z.strictObject({ name: z.literal(facts.name), ...settings });
  if (renamed !== undefined) schema.register(renamedKeys, renamed);
  return ofKind("router", { ...facts, schema: schema as unknown as RouterSchema<Name, Shape> });
}
