/** One training step's graph: forward, backward, metrics; and the evaluation graph beside it. */
import type { SegmentOf } from "../../autodiff/checkpoint.ts";
import { gradients } from "../../autodiff/gradients.ts";
import type { Tensor, TensorSpec } from "../../graph/graph.ts";
import { input } from "../../graph/inputs.ts";
import {
  createScope,
  type ParameterSpec,
  type ScheduledWeight,
  type Scope,
  type Trace,
} from "../../nn/scope.ts";
import { type EmitOptions, type EmittedModel, emitModel } from "../../onnx/emit.ts";
import { add, mul } from "../../ops/arithmetic.ts";
import { WEIGHT_PREFIX } from "./loss-weights.ts";

/** What a batch holds, by name: `images`, `labels`, ... */
export type BatchSpec = Readonly<Record<string, TensorSpec>>;

/** What an objective gives back; all are scalars, but for `outputs`. */
export interface ObjectiveResult {
  /** The main loss; auxiliary losses of the scope are added to it. */
  readonly loss: Tensor;
  /** Scalars to log, beside the loss. */
  readonly metrics?: Readonly<Record<string, Tensor>>;
  /** Tensors that evaluation asks for, such as `logits`. */
  readonly outputs?: Readonly<Record<string, Tensor>>;
}

/** A model with its loss: what is traced and trained. */
export type Objective = (scope: Scope, batch: Readonly<Record<string, Tensor>>) => ObjectiveResult;

/** Names of the graph's outputs that hold gradients begin with this. */
export const GRADIENT_PREFIX = "gradient:";
/** Names of the graph's outputs that hold the next values of states begin with this. */
export const STATE_PREFIX = "next:";

export interface StepGraph {
  readonly trace: Trace;
  readonly model: EmittedModel;
  /** Names of the scalar outputs: `loss`, `objective`, `auxiliary/<name>` and the metrics. */
  readonly scalars: readonly string[];
  /** Names of tapped outputs that were asked for. */
  readonly taps: readonly string[];
  /** Weights of auxiliary losses that training gives at every step, by the name of their input. */
  readonly weights: ReadonlyMap<string, ScheduledWeight>;
}

export interface StepGraphOptions extends EmitOptions {
  /** Which taps become outputs, by name. Default none. */
  readonly tap?: (name: string) => boolean;
  /** Which parameters have gradients. Default all. */
  readonly trains?: (spec: ParameterSpec) => boolean;
  /** Segments that the backward pass computes again instead of keeping. Default none. */
  readonly checkpoint?: SegmentOf;
}

/**
 * Traces an objective in training mode and differentiates `loss + sum of weight * auxiliary`.
 *
 * Outputs: `objective` (that sum), `loss`, `auxiliary/<name>`, metrics, `gradient:<parameter>`,
 * `next:<state>` and the chosen taps. Inputs beside the batch, parameters, states and random tensors:
 * `weight:<name>` of each auxiliary loss whose weight follows a schedule.
 */
export function trainingGraph(
  objective: Objective,
  batch: BatchSpec,
  { tap, trains = () => true, checkpoint, ...emit }: StepGraphOptions = {},
): StepGraph {
  const { trace, result, total, weights } = traceObjective(objective, batch, true);
  const parameters = [...trace.parameters.values()].filter(trains);
  const grads = gradients(
    total,
    parameters.map((spec) => spec.tensor),
    checkpoint === undefined ? {} : { checkpoint },
  );
  const outputs: Record<string, Tensor> = { ...scalarOutputs(trace, result, total) };
  const scalars = Object.keys(outputs);
  for (const [i, spec] of parameters.entries()) outputs[GRADIENT_PREFIX + spec.name] = grads[i]!;
  for (const [name, next] of trace.updates) outputs[STATE_PREFIX + name] = next;
  const taps = addTaps(outputs, trace, tap);
  return { trace, model: emitModel(outputs, emit), scalars, taps, weights };
}

/**
 * Traces an objective in evaluation mode: its scalars, `outputs` and the chosen taps. Scheduled weights
 * of auxiliary losses are at their peak.
 */
export function evaluationGraph(
  objective: Objective,
  batch: BatchSpec,
  { tap, ...emit }: StepGraphOptions = {},
): StepGraph {
  const { trace, result, total, weights } = traceObjective(objective, batch, false);
  const outputs: Record<string, Tensor> = { ...scalarOutputs(trace, result, total) };
  const scalars = Object.keys(outputs);
  Object.assign(outputs, result.outputs);
  const taps = addTaps(outputs, trace, tap);
  return { trace, model: emitModel(outputs, emit), scalars, taps, weights };
}

function traceObjective(objective: Objective, batch: BatchSpec, training: boolean) {
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
  return { trace, result, total, weights };
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
