/** The scope of a model function: parameters, randomness and hooks, addressed by name. */
import type { DType } from "../graph/array.ts";
import { usageError } from "../graph/errors.ts";
import { createGraph, type Graph, type Tensor } from "../graph/graph.ts";
import { input } from "../graph/inputs.ts";
import { formatShape, type Shape, sameShape } from "../graph/shape.ts";
import { stopGradient } from "../ops/compare.ts";
import { unsqueeze } from "../ops/reshape.ts";
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
  /**
   * A trained tensor, shared if the name is used again. Weights of two axes or more are decayed unless
   * `decay` is set.
   *
   * @throws UserError (exit code 2) if the name is used again with another shape
   */
  parameter(
    name: string,
    shape: readonly number[],
    init: Initializer,
    options?: { readonly decay?: boolean },
  ): Tensor;
  /**
   * The low-rank adapter that training adds to the linear layer at this place, if it adds one. Layers that
   * multiply by a `weight` `[O, I]` ask for it, as `linear` does.
   */
  adapter(): Adapter | undefined;
  /** A tensor that training updates at every step without a gradient; see `update`. */
  state(name: string, shape: readonly number[], init: Initializer): Tensor;
  /**
   * The value that the state `name` of this scope has after the update. `next` depends on no batch; a
   * state that follows the batches takes {@link Scope.updateFrom}.
   */
  update(name: string, next: Tensor): void;
  /**
   * The value that the state `name` has after the update, from statistics of all of its batches.
   *
   * @param statistics tensors of this batch, by name
   * @param next the next value, from the state and the statistics, each with one row `[M, ...]` for
   *   each of the `M` batches of the update
   */
  updateFrom(name: string, statistics: Readonly<Record<string, Tensor>>, next: NextState): void;
  /**
   * The mean of `tensor` over the batches of an update, without gradient, for losses that depend on the
   * update as a whole. It costs a forward pass if an update has several batches.
   */
  pooled(name: string, tensor: Tensor): Tensor;
  /** Fresh random numbers at every step: uniform in [0, 1) or standard normal. */
  random(name: string, shape: Shape, distribution: RandomDistribution): Tensor;
  /** Names an intermediate value, so that evaluation can return it; returns the tensor. */
  tap(name: string, tensor: Tensor): Tensor;
  /**
   * Adds `weight * loss` to the objective; `loss` is a scalar with a weight of its own among batches, see
   * `meanOver`.
   */
  auxiliary(name: string, weight: LossWeight, loss: Tensor): void;
}

/** The next value of a state, from its value and the statistics of the batches of an update, `[M, ...]`. */
export type NextState = (state: Tensor, statistics: Readonly<Record<string, Tensor>>) => Tensor;

/** An update of a state from statistics. */
export interface PooledUpdate {
  readonly statistics: Readonly<Record<string, Tensor>>;
  readonly next: NextState;
}

/** A low-rank adapter of a linear layer: `scale * B A` is added to its weight. */
export interface Adapter {
  /** `r`, the rows of `A` `[r, I]` and the columns of `B` `[O, r]`. */
  readonly rank: number;
  readonly scale: number;
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
  /** Paths of the layers that an adapter can change. */
  readonly linearLayers: Set<string>;
  readonly states: Map<string, ParameterSpec>;
  /** Next values of states, as if the update had this batch alone. */
  readonly updates: Map<string, Tensor>;
  /** The updates among them that follow the batches. */
  readonly pooledUpdates: Map<string, PooledUpdate>;
  /** Tensors whose means over the batches of an update are inputs; empty if an update has one batch. */
  readonly pooled: Map<string, Tensor>;
  readonly randoms: Map<string, RandomSpec>;
  readonly taps: Map<string, Tensor>;
  readonly auxiliaries: Map<string, { readonly weight: LossWeight; readonly loss: Tensor }>;
}

/** Prefix of the inputs that hold means over the batches of an update. */
export const POOLED_PREFIX = "pooled:";

/** What differs between traces of one model. */
export interface ScopeOptions {
  readonly training: boolean;
  /** Whether an update has several batches. Default false. */
  readonly accumulates?: boolean;
  /** The adapter of the linear layer with a path. Default: no layer has one. */
  readonly adapterOf?: ((layer: string) => Adapter | undefined) | undefined;
  /** Called for each tensor of the graph; it may throw. */
  readonly admit?: ((tensor: Tensor) => void) | undefined;
}

/**
 * An empty trace and its root scope.
 *
 * @example
 * const { scope, trace } = createScope({ training: true });
 * linear(scope.child("head"), input(scope.graph, "x", { dtype: "float32", shape: [1, 2] }), 3);
 * [...trace.parameters.keys()]; // ["head.weight", "head.bias"]
 */
export function createScope(options: ScopeOptions): { scope: Scope; trace: Trace } {
  const trace: Trace = {
    graph: createGraph(options.admit),
    training: options.training,
    parameters: new Map(),
    linearLayers: new Set(),
    states: new Map(),
    updates: new Map(),
    pooledUpdates: new Map(),
    pooled: new Map(),
    randoms: new Map(),
    taps: new Map(),
    auxiliaries: new Map(),
  };
  return { scope: scopeAt("", "", trace, options), trace };
}

function scopeAt(path: string, drawnPath: string, trace: Trace, options: ScopeOptions): Scope {
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
      const child = scopeAt(at(name), join(drawnPath, drawnAs), trace, options);
      graph.place = child.path;
      return child;
    },
    parameter(name, shape, init, { decay = shape.length > 1 } = {}) {
      const known = trace.parameters.get(at(name));
      if (known !== undefined) return shared(known, shape); // One scope is applied twice.
      const tensor = declare(name, shape, "parameter");
      const drawnAs = join(drawnPath, name);
      unique(trace.parameters, name, { name: at(name), drawnAs, shape, init, decay, tensor });
      return tensor;
    },
    adapter() {
      trace.linearLayers.add(path);
      return options.adapterOf?.(path);
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
    updateFrom(name, statistics, next) {
      const state = trace.states.get(at(name));
      if (state === undefined) throw new Error(`there is no state ${at(name)} to update`);
      const rows = Object.entries(statistics).map(([key, x]) => [
        key,
        unsqueeze(stopGradient(x), 0),
      ]);
      unique(trace.updates, name, next(state.tensor, Object.fromEntries(rows)));
      trace.pooledUpdates.set(at(name), { statistics, next });
    },
    pooled(name, tensor) {
      if (options.accumulates !== true) return stopGradient(tensor);
      const { dtype, shape } = tensor;
      unique(trace.pooled, name, tensor);
      return input(graph, POOLED_PREFIX + at(name), { dtype, shape });
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

/** @throws UserError (exit code 2) if a parameter is used again with another shape */
function shared({ name, shape, tensor }: ParameterSpec, wanted: readonly number[]): Tensor {
  if (sameShape(shape, wanted)) return tensor;
  throw usageError(
    `the model uses the parameter ${name} with the shapes ${formatShape(shape)} and ${formatShape(wanted)}; give the second layer a name of its own, such as scope.child("second")`,
  );
}

function join(path: string, name: string | number): string {
  return path === "" ? String(name) : `${path}.${name}`;
}
