/** The graph of a training step (forward, backward, metrics), and the evaluation graph. */
import type { SegmentOf } from "../autodiff/checkpoint.ts";
import { gradientsIfAny, zerosLike } from "../autodiff/gradients.ts";
import { usageError } from "../graph/errors.ts";
import { checkFunction } from "../graph/given.ts";
import type { Tensor, TensorSpec } from "../graph/graph.ts";
import { input } from "../graph/inputs.ts";
import {
  createScope,
  type ParameterSpec,
  POOLED_PREFIX,
  type ScheduledWeight,
  type Scope,
  type ScopeOptions,
  type Trace,
} from "../nn/scope.ts";
import { type EmitOptions, type EmittedModel, emitModel } from "../onnx/emit.ts";
import { add, div, maximum, mul } from "../ops/arithmetic.ts";
import { stopGradient } from "../ops/compare.ts";
import { callModel, checkObjectiveResult, type ObjectiveResult } from "./apply/objective-result.ts";
import { WEIGHT_PREFIX } from "./loss-weights.ts";
import type { ScalarTerms } from "./scalars/means.ts";
import { scalarOutputs } from "./scalars/outputs.ts";
import { batchDependence, createSplit, type SplitScalar } from "./scalars/terms.ts";
import { statisticOutputs } from "./update/statistics.ts";

/** Types and shapes of the arrays of a batch, by name: `images`, `labels`, ... */
export type BatchSpec = Readonly<Record<string, TensorSpec>>;

/** A model with its loss, which is traced and trained. */
export type Objective = (scope: Scope, batch: Readonly<Record<string, Tensor>>) => ObjectiveResult;

/** Prefix of the outputs that hold gradients. */
export const GRADIENT_PREFIX = "gradient:";
/** Prefix of the outputs that hold the next values of states. */
export const STATE_PREFIX = "next:";

export interface StepGraph {
  readonly trace: Trace;
  readonly model: EmittedModel;
  /** Names of the scalar outputs: `loss`, `objective`, `auxiliary/<name>` and the metrics. */
  readonly scalars: readonly string[];
  /** How the scalars of several batches are combined; empty if there is one. */
  readonly terms: ScalarTerms;
  /** Names of the requested taps. */
  readonly taps: readonly string[];
  /** Scheduled weights of auxiliary losses, by the name of their input. */
  readonly weights: ReadonlyMap<string, ScheduledWeight>;
  /** Whether a step changes anything: a parameter that the loss depends on, or a state. */
  readonly learns?: boolean;
  /** Whether inputs give tensors of `givenFor`. */
  readonly readsGiven?: boolean;
  /** Computes what all batches of an update must give before their gradients, by the names of inputs. */
  readonly pool?: EmittedModel | undefined;
}

/** Options of tracing and emitting. */
type TraceOptions = EmitOptions & Omit<ScopeOptions, "training">;

export interface StepGraphOptions extends TraceOptions {
  /** Which taps become outputs, by name. Default none. */
  readonly tap?: (name: string) => boolean;
  /** Which parameters have gradients. Default all. */
  readonly trains?: (spec: ParameterSpec) => boolean;
  /** Which arrays of the batch have gradients as well. Default none. */
  readonly differentiates?: (name: string) => boolean;
  /** Segments that the backward pass recomputes instead of keeping their activations. Default none. */
  readonly checkpoint?: SegmentOf;
  /** The tensors that inputs give instead of nodes, by name, among those that `outputs` need. Default none. */
  readonly givenFor?: GivenTensors;
}

/** Tensors that a graph reads instead of computing them, by the names of inputs. */
export type GivenTensors = (outputs: readonly Tensor[]) => ReadonlyMap<Tensor, string>;

/**
 * Traces an objective in training mode and differentiates `loss + sum of weight * auxiliary`.
 *
 * Outputs: `objective` (that sum), `loss`, `auxiliary/<name>`, metrics, `gradient:<parameter>` and
 * `gradient:<array of the batch>`, `next:<state>` and the chosen taps. Inputs beside the batch,
 * parameters, states and random tensors: `weight:<name>` of each auxiliary loss whose weight follows
 * a schedule.
 *
 * If an update has several batches, their gradients add up to `M` times those of the update: each term of
 * the loss has the factor `weight / mean weight of the M batches`. States that follow the batches then
 * have their statistics as outputs instead of their next values.
 *
 * @example
 * const objective = (scope, { x }) => ({ loss: reduceMean(linear(scope, x, 1)) });
 * const { model } = trainingGraph(objective, { x: { dtype: "float32", shape: [4, 2] } });
 * const names = model.outputs.map(({ name }) => name);
 * names; // ["objective", "loss", "gradient:weight", "gradient:bias"]
 */
export function trainingGraph(
  objective: Objective,
  batch: BatchSpec,
  {
    tap,
    trains = () => true,
    differentiates = () => false,
    checkpoint,
    accumulates = false,
    adapterOf,
    admit,
    givenFor,
    ...options
  }: StepGraphOptions = {},
): StepGraph {
  const modes = { training: true, accumulates, adapterOf, admit };
  const traced = traceObjective(objective, batch, modes);
  const given = givenFor?.(forwardOutputs(traced, tap));
  const emit = { ...options, ...(given && { given }) };
  const { trace, tensors } = traced;
  const { total, sources: pooled } = accumulates ? weighTerms(traced) : { ...traced, sources: {} };
  const sources = [
    ...[...trace.parameters.values()].filter(trains),
    ...Object.entries(tensors)
      .filter(([name]) => differentiates(name))
      .map(([name, tensor]) => ({ name, tensor })),
  ];
  const grads = gradientsIfAny(
    total,
    sources.map(({ tensor }) => tensor),
    {
      ...(checkpoint && { checkpoint }),
      ...(given && { isGiven: (tensor: Tensor) => given.has(tensor) }),
    },
  );
  const named = sources.map(
    ({ name, tensor }, i) => [GRADIENT_PREFIX + name, grads[i] ?? zerosLike(tensor)] as const,
  );
  const further = { ...Object.fromEntries(named), ...movedStates(traced, accumulates) };
  const pool = Object.keys(pooled).length > 0 ? emitPool(pooled, emit) : undefined;
  const learns = grads.some((gradient) => gradient !== undefined) || trace.updates.size > 0;
  return { ...emitStep(traced, further, tap, emit), pool, learns };
}

/**
 * Traces an objective in training mode without differentiating it: its scalars, `outputs`,
 * `next:<state>` and the chosen taps.
 */
export function forwardGraph(
  objective: Objective,
  batch: BatchSpec,
  {
    tap,
    accumulates = false,
    adapterOf,
    admit,
    givenFor,
    ...options
  }: TraceOptions & Pick<StepGraphOptions, "tap" | "givenFor"> = {},
): StepGraph {
  const modes = { training: true, accumulates, adapterOf, admit };
  const traced = traceObjective(objective, batch, modes);
  const further = { ...traced.result.outputs, ...movedStates(traced, accumulates) };
  const given = givenFor?.(forwardOutputs(traced, tap));
  return emitStep(traced, further, tap, { ...options, ...(given && { given }) });
}

/**
 * Traces an objective in evaluation mode: its scalars, `outputs` and the chosen taps. Scheduled weights
 * of auxiliary losses are at their peak.
 *
 * @throws UserError (exit code 2) for a scalar that is neither a mean over the batch nor declared as one
 *
 * @example
 * const objective = (scope, { x }) => ({ loss: reduceMean(x), metrics: { size: reduceMean(abs(x)) } });
 * const graph = evaluationGraph(objective, { x: { dtype: "float32", shape: [batch(), 2] } });
 * graph.scalars; // ["objective", "loss", "size"]
 */
export function evaluationGraph(
  objective: Objective,
  batch: BatchSpec,
  { tap, givenFor, ...options }: StepGraphOptions = {},
): StepGraph {
  const traced = traceObjective(objective, batch, { training: false });
  const given = givenFor?.(forwardOutputs(traced, tap));
  const emit = { ...options, ...(given && { given }) };
  return emitStep(traced, { ...traced.result.outputs }, tap, emit);
}

/** The forward pass of an objective. */
export interface ForwardTrace {
  readonly trace: Trace;
  /** Scalars and their weights, `outputs`, the next values of states, pooled tensors, and the chosen taps. */
  readonly outputs: readonly Tensor[];
}

/**
 * Traces an objective without emitting it.
 *
 * No example: the search for its frozen part uses it.
 */
export function traceForward(
  objective: Objective,
  batch: BatchSpec,
  { tap, ...modes }: ScopeOptions & Pick<StepGraphOptions, "tap">,
): ForwardTrace {
  const traced = traceObjective(objective, batch, modes);
  return { trace: traced.trace, outputs: forwardOutputs(traced, tap) };
}

function forwardOutputs(
  { trace, result, total, split }: TracedObjective,
  tap: ((name: string) => boolean) | undefined,
): Tensor[] {
  const scalars = namedScalars(trace, result, total);
  const weights = split ? scalarOutputs(scalars, split).outputs : {};
  const named = { ...scalars, ...weights, ...result.outputs };
  addTaps(named, trace, tap);
  return [...Object.values(named), ...trace.updates.values(), ...trace.pooled.values()];
}

interface TracedObjective {
  readonly trace: Trace;
  /** Tensors of the batch, by name. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  readonly result: ObjectiveResult;
  readonly total: Tensor;
  readonly weights: ReadonlyMap<string, ScheduledWeight>;
  /** Absent if there is one batch, whose scalars need no weights. */
  readonly split?: SplitScalar | undefined;
}

function traceObjective(
  objective: Objective,
  batch: BatchSpec,
  modes: ScopeOptions,
): TracedObjective {
  const { training, accumulates = false } = modes;
  const { scope, trace } = createScope(modes);
  const tensors = Object.fromEntries(
    Object.entries(batch).map(([name, spec]) => [name, input(trace.graph, name, spec)]),
  );
  checkFunction("the objective", objective);
  const result = callModel("the objective", tensors, (given) => objective(scope, given));
  checkObjectiveResult(result, trace.graph);
  let total = result.loss;
  const weights = new Map<string, ScheduledWeight>();
  for (const [name, { weight, loss }] of trace.auxiliaries) {
    const peak = typeof weight === "number" ? weight : weight.peak;
    if (peak === 0) continue;
    if (typeof weight === "number" || !training) {
      total = add(total, mul(loss, peak));
      continue;
    }
    const given = input(trace.graph, WEIGHT_PREFIX + name, { dtype: "float32", shape: [] });
    weights.set(WEIGHT_PREFIX + name, weight);
    total = add(total, mul(loss, given));
  }
  const combined = !training || accumulates;
  const split = combined ? createSplit((name) => name in batch) : undefined;
  return { trace, tensors, result, total, weights, split };
}

/**
 * The total of a batch among those of an update: every term times its weight over the mean weight of
 * the batches.
 */
function weighTerms({ trace, total, split }: TracedObjective): {
  readonly total: Tensor;
  readonly sources: Readonly<Record<string, Tensor>>;
} {
  const pooled = [...trace.pooled].map(([name, tensor]) => [POOLED_PREFIX + name, tensor] as const);
  const sources: Record<string, Tensor> = Object.fromEntries(pooled);
  const terms = split!("objective", total);
  const weighed = terms.map(({ value, weight }, index) => {
    if (weight === "samples") return value;
    const name = `${POOLED_PREFIX}weight/${index}`;
    sources[name] = weight;
    const mean = input(trace.graph, name, { dtype: "float32", shape: [] });
    return mul(value, div(stopGradient(weight), maximum(mean, TINY)));
  });
  return { total: weighed.reduce((sum, term) => add(sum, term)), sources };
}

/** Mean weights below it count as it, so that batches in which nothing counts give zero. */
const TINY = 1e-30;

function emitPool(sources: Readonly<Record<string, Tensor>>, emit: EmitOptions): EmittedModel {
  const model = emitModel(sources, emit);
  const nested = model.inputs.find(({ name }) => name.startsWith(POOLED_PREFIX));
  if (nested === undefined) return model;
  throw usageError(
    `the model pools a tensor that depends on ${nested.name.slice(POOLED_PREFIX.length)}, which is pooled itself; with train.accumulation_steps above 1 pooled tensors must depend on their own batch alone`,
  );
}

/** Emits the scalars of an objective, `further` outputs, and the chosen taps. */
function emitStep(
  { trace, result, total, weights, split }: TracedObjective,
  further: Readonly<Record<string, Tensor>>,
  tap: ((name: string) => boolean) | undefined,
  emit: EmitOptions,
): StepGraph {
  const named = namedScalars(trace, result, total);
  const { terms, outputs: added } = split ? scalarOutputs(named, split) : { terms: new Map() };
  const outputs = { ...named, ...added, ...further };
  const taps = addTaps(outputs, trace, tap);
  return {
    trace,
    model: emitModel(outputs, emit),
    scalars: Object.keys(named),
    terms,
    taps,
    weights,
    readsGiven: (emit.given?.size ?? 0) > 0,
  };
}

/**
 * Next values of states, or the statistics of a batch that they follow.
 *
 * @throws UserError (exit code 2) for a state that would follow only one batch of an update
 */
function movedStates(
  { trace, tensors }: Pick<TracedObjective, "trace" | "tensors">,
  accumulates: boolean,
): Record<string, Tensor> {
  if (!accumulates) return nextStates(trace.updates);
  const own = [...trace.updates].filter(([name]) => !trace.pooledUpdates.has(name));
  const follows = batchDependence((name) => name in tensors);
  const single = own.find(([, next]) => follows(next));
  if (single !== undefined) {
    throw usageError(
      `the state ${single[0]} is updated from one batch, but an update has several; give its values to scope.pooled, use scope.updateFrom, or set train.accumulation_steps to 1`,
    );
  }
  return { ...nextStates(own), ...statisticOutputs(trace) };
}

function nextStates(updates: Iterable<readonly [string, Tensor]>): Record<string, Tensor> {
  return Object.fromEntries([...updates].map(([name, next]) => [STATE_PREFIX + name, next]));
}

function namedScalars(
  trace: Trace,
  result: ObjectiveResult,
  total: Tensor,
): Record<string, Tensor> {
  const auxiliaries = [...trace.auxiliaries].map(([name, { loss }]) => [`auxiliary/${name}`, loss]);
  return {
    objective: total,
    loss: result.loss,
    ...Object.fromEntries(auxiliaries),
    ...result.metrics,
  };
}

function addTaps(
  outputs: Record<string, Tensor>,
  trace: Trace,
  tap: ((name: string) => boolean) | undefined,
): string[] {
  const chosen = [...trace.taps].filter(([name]) => tap?.(name) ?? false);
  for (const [name, tensor] of chosen) outputs[name] = tensor;
  return chosen.map(([name]) => name);
}
