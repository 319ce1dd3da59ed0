/** The scope of a model function: parameters, randomness and hooks, addressed by name. */
import type { DType } from "../graph/array.ts";
import { createGraph, type Graph, type Tensor } from "../graph/graph.ts";
import { input } from "../graph/inputs.ts";
import type { Shape } from "../graph/shape.ts";
import type { Initializer } from "./initializers.ts";

/** A place in the model; `child` goes one level down. */
export interface Scope {
  /** Dotted path, as in a PyTorch state dict: `blocks.0.attn`. */
  readonly path: string;
  readonly graph: Graph;
  /** Whether dropout and router noise are on. */
  readonly training: boolean;
  /**
   * One level down. With `drawnAs`, initial values of parameters are drawn under that
   * name: equal names give equal values.
   */
  child(name: string | number, options?: { readonly drawnAs?: string | number }): Scope;
  /** A trained tensor. Weights of two axes or more are decayed unless `decay` is set. */
  parameter(
    name: string,
    shape: readonly number[],
    init: Initializer,
    options?: { readonly decay?: boolean },
  ): Tensor;
  /** A tensor that training updates at every step without a gradient; see `update`. */
  state(name: string, shape: readonly number[], init: Initializer): Tensor;
  /** Sets the value of the state `name` of this scope after the step. */
  update(name: string, next: Tensor): void;
  /** Fresh random numbers at every step: uniform in [0, 1) or standard normal. */
  random(name: string, shape: Shape, distribution: RandomDistribution): Tensor;
  /** Names an intermediate value, so that evaluation can return it; returns the tensor. */
  tap(name: string, tensor: Tensor): Tensor;
  /** Adds `weight * loss` to the objective; `loss` is a scalar. */
  auxiliary(name: string, weight: LossWeight, loss: Tensor): void;
}

export type RandomDistribution = "uniform" | "normal";

/** The weight of an auxiliary loss: a number, or a schedule over the steps of training. */
export type LossWeight = number | ScheduledWeight;

/** A weight of `peak` multiplied by a schedule, as for learning rates. */
export interface ScheduledWeight {
  readonly peak: number;
  /** Shape after the warm-up. */
  readonly kind: "constant" | "linear" | "cosine";
  /** Steps over which the factor rises to 1. Default 0. */
  readonly warmupSteps?: number;
  /** Factor at the end of training; `constant` has none. Default 0. */
  readonly final?: number;
}

export interface ParameterSpec {
  readonly name: string;
  /** The name whose key draws the initial values; usually `name`. */
  readonly drawnAs: string;
  readonly shape: readonly number[];
  readonly init: Initializer;
  readonly decay: boolean;
  readonly tensor: Tensor;
}

export interface RandomSpec {
  readonly name: string;
  readonly distribution: RandomDistribution;
  readonly tensor: Tensor;
}

/** Everything that a model function declared during tracing. */
export interface Trace {
  readonly graph: Graph;
  readonly training: boolean;
  readonly parameters: Map<string, ParameterSpec>;
  readonly states: Map<string, ParameterSpec>;
  readonly updates: Map<string, Tensor>;
  readonly randoms: Map<string, RandomSpec>;
  readonly taps: Map<string, Tensor>;
  readonly auxiliaries: Map<string, { readonly weight: LossWeight; readonly loss: Tensor }>;
}

/**
 * An empty trace and its root scope.
 *
 * @example
 * const { scope, trace } = createScope({ training: true });
 * linear(scope.child("head"), input(scope.graph, "x", { dtype: "float32", shape: [1, 2] }), 3);
 * [...trace.parameters.keys()]; // ["head.weight", "head.bias"]
 */
export function createScope(options: { readonly training: boolean }): {
  scope: Scope;
  trace: Trace;
} {
  const trace: Trace = {
    graph: createGraph(),
    training: options.training,
    parameters: new Map(),
    states: new Map(),
    updates: new Map(),
    randoms: new Map(),
    taps: new Map(),
    auxiliaries: new Map(),
  };
  return { scope: scopeAt("", "", trace), trace };
}

function scopeAt(path: string, drawnPath: string, trace: Trace): Scope {
  const { graph } = trace;
  const at = (name: string | number) => join(path, name);
  // Layers fetch their parameters first, so the following operators belong to the last used scope.
  const enter = () => {
    graph.place = path;
  };
  const declare = (name: string, shape: readonly number[], role: "parameter" | "state") => {
    enter();
    return input(graph, at(name), { dtype: "float32" satisfies DType, shape }, role);
  };
  const unique = <T>(map: Map<string, T>, name: string, value: T): T => {
    if (map.has(at(name))) throw new Error(`the model uses the name ${at(name)} twice`);
    map.set(at(name), value);
    return value;
  };
  return {
    path,
    graph,
    training: trace.training,
    child: (name, { drawnAs = name } = {}) => {
      const child = scopeAt(at(name), join(drawnPath, drawnAs), trace);
      graph.place = child.path;
      return child;
    },
    parameter(name, shape, init, { decay = shape.length > 1 } = {}) {
      const known = trace.parameters.get(at(name));
      if (known !== undefined) return known.tensor; // Shared parameters: one scope is applied twice.
      const tensor = declare(name, shape, "parameter");
      const drawnAs = join(drawnPath, name);
      unique(trace.parameters, name, { name: at(name), drawnAs, shape, init, decay, tensor });
      return tensor;
    },
    state(name, shape, init) {
      const tensor = declare(name, shape, "state");
      const drawnAs = join(drawnPath, name);
      unique(trace.states, name, { name: at(name), drawnAs, shape, init, decay: false, tensor });
      return tensor;
    },
    update(name, next) {
      if (!trace.states.has(at(name))) throw new Error(`there is no state ${at(name)} to update`);
      unique(trace.updates, name, next);
    },
    random(name, shape, distribution) {
      enter();
      const tensor = input(graph, at(name), { dtype: "float32", shape }, "random");
      unique(trace.randoms, name, { name: at(name), distribution, tensor });
      return tensor;
    },
    tap: (name, tensor) => unique(trace.taps, name, tensor),
    auxiliary: (name, weight, loss) => {
      unique(trace.auxiliaries, name, { weight, loss });
    },
  };
}

function join(path: string, name: string | number): string {
  return path === "" ? String(name) : `${path}.${name}`;
}
