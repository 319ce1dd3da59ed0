/** The graph of a training step (forward, backward, metrics), and the evaluation graph. */
import type { SegmentOf } from "../autodiff/checkpoint.ts";
import { gradients } from "../autodiff/gradients.ts";
import type { Tensor, TensorSpec } from "../graph/graph.ts";
import { input } from "../graph/inputs.ts";
import {
  createScope,
  type ParameterSpec,
  type ScheduledWeight,
  type Scope,
  type Trace,
} from "../nn/scope.ts";
import { type EmitOptions, type EmittedModel, emitModel } from "../onnx/emit.ts";
import { add, mul } from "../ops/arithmetic.ts";
import { WEIGHT_PREFIX } from "./loss-weights.ts";

/** Types and shapes of the arrays of a batch, by name: `images`, `labels`, ... */
export type BatchSpec = Readonly<Record<string, TensorSpec>>;

/** The result of an objective; all tensors but `outputs` are scalars. */
export interface ObjectiveResult {
  /** The main loss; auxiliary losses of the scope are added to it. */
  readonly loss: Tensor;
  /** Scalars that are logged in addition to the loss. */
  readonly metrics?: Readonly<Record<string, Tensor>>;
  /** Tensors that evaluation may return, such as `logits`. */
  readonly outputs?: Readonly<Record<string, Tensor>>;
}

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
  /** Names of the requested taps. */
  readonly taps: readonly string[];
  /** Scheduled weights of auxiliary losses, by the name of their input. */
  readonly weights: ReadonlyMap<string, ScheduledWeight>;
}

export interface StepGraphOptions extends EmitOptions {
  /** Which taps become outputs, by name. Default none. */
  readonly tap?: (name: string) => boolean;
  /** Which parameters have gradients. Default all. */
  readonly trains?: (spec: ParameterSpec) => boolean;
  /** Which arrays of the batch have gradients as well. Default none. */
  readonly differentiates?: (name: string) => boolean;
  /** Segments that the backward pass recomputes instead of keeping their activations. Default none. */
  readonly checkpoint?: SegmentOf;
}

/**
 * Traces an objective in training mode and differentiates `loss + sum of weight * auxiliary`.
 *
 * Outputs: `objective` (that sum), `loss`, `auxiliary/<name>`, metrics, `gradient:<parameter>` and
 * `gradient:<array of the batch>`, `next:<state>` and the chosen taps. Inputs beside the batch,
 * parameters, states and random tensors: `weight:<name>` of each auxiliary loss whose weight follows
 * a schedule.
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
    ...emit
  }: StepGraphOptions = {},
): StepGraph {
  const traced = traceObjective(objective, batch, true);
  const { trace, total, tensors } = traced;
  const sources = [
    ...[...trace.parameters.values()].filter(trains),
    ...Object.entries(tensors)
      .filter(([name]) => differentiates(name))
      .map(([name, tensor]) => ({ name, tensor })),
  ];
  const grads = gradients(
    total,
    sources.map(({ tensor }) => tensor),
    checkpoint === undefined ? {} : { checkpoint },
  );
  const named = sources.map(({ name }, i) => [GRADIENT_PREFIX + name, grads[i]!] as const);
  return emitStep(traced, { ...Object.fromEntries(named), ...nextStates(trace) }, tap, emit);
}

/**
 * Traces an objective in training mode without differentiating it: its scalars, `outputs`,
 * `next:<state>` and the chosen taps.
 */
export function forwardGraph(
  objective: Objective,
  batch: BatchSpec,
  { tap, ...emit }: EmitOptions & Pick<StepGraphOptions, "tap"> = {},
): StepGraph {
  const traced = traceObjective(objective, batch, true);
  return emitStep(traced, { ...traced.result.outputs, ...nextStates(traced.trace) }, tap, emit);
}

/**
 * Traces an objective in evaluation mode: its scalars, `outputs` and the chosen taps. Scheduled weights
 * of auxiliary losses are at their peak.
 *
 * @example
 * const objective = (scope, { x }) => ({ loss: reduceMean(x), metrics: { largest: reduceMax(x) } });
 * const graph = evaluationGraph(objective, { x: { dtype: "float32", shape: [batch(), 2] } });
 * graph.scalars; // ["objective", "loss", "largest"]
 */
export function evaluationGraph(
  objective: Objective,
  batch: BatchSpec,
  { tap, ...emit }: StepGraphOptions = {},
): StepGraph {
  const traced = traceObjective(objective, batch, false);
  return emitStep(traced, { ...traced.result.outputs }, tap, emit);
}

interface TracedObjective {
  readonly trace: Trace;
  /** Tensors of the batch, by name. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  readonly result: ObjectiveResult;
  readonly total: Tensor;
  readonly weights: ReadonlyMap<string, ScheduledWeight>;
}

function traceObjective(
  objective: Objective,
  batch: BatchSpec,
  training: boolean,
): TracedObjective {
  const { scope, trace } = createScope({ training });
  const tensors = Object.fromEntries(
    Object.entries(batch).map(([name, spec]) => [name, input(trace.graph, name, spec)]),
  );
  const result = objective(scope, tensors);
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
  return { trace, tensors, result, total, weights };
}

/** Emits the scalars of an objective, `further` outputs, and the chosen taps. */
function emitStep(
  { trace, result, total, weights }: TracedObjective,
  further: Readonly<Record<string, Tensor>>,
  tap: ((name: string) => boolean) | undefined,
  emit: EmitOptions,
): StepGraph {
  const outputs = scalarOutputs(trace, result, total);
  const scalars = Object.keys(outputs);
  Object.assign(outputs, further);
  const taps = addTaps(outputs, trace, tap);
  return { trace, model: emitModel(outputs, emit), scalars, taps, weights };
}

function nextStates({ updates }: Trace): Record<string, Tensor> {
  return Object.fromEntries([...updates].map(([name, next]) => [STATE_PREFIX + name, next]));
}

function scalarOutputs(
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
