/**
 * The frozen part of an objective: everything that depends on a sample and on frozen parameters alone,
 * and so is the same in every epoch.
 */

import type { DType } from "../../graph/array.ts";
import { usageError } from "../../graph/errors.ts";
import { addNode, createGraph, type Node, type Tensor } from "../../graph/graph.ts";
import { inputAttributes, isInput } from "../../graph/inputs.ts";
import { type EmittedModel, emitModel, neededNodes } from "../../onnx/emit.ts";
import {
  type BatchSpec,
  type ForwardTrace,
  type GivenTensors,
  type Objective,
  type StepGraphOptions,
  traceForward,
} from "../step-graph.ts";
import { chooseTensors } from "./choose-tensors.ts";
import { followSamples } from "./sample-axis.ts";
import { createTensorClasses, type TensorClasses } from "./tensor-classes.ts";
import { isObstacle, type Obstacle, type Status, traceStatus } from "./trace-status.ts";

/** A tensor that is kept for each sample. */
export interface FrozenFeature {
  /** Name of the input that gives it, and of the output of the frozen part. */
  readonly name: string;
  readonly dtype: DType;
  /** Shape of one sample: `[T, D]` of `[T*B, D]`. */
  readonly shape: readonly number[];
  /** Scope of the model function that computes it, such as `blocks.7.mlp`. */
  readonly place: string;
}

export interface FrozenPart {
  readonly features: readonly FrozenFeature[];
  /** Computes the features of any number of samples from arrays of the batch and frozen parameters. */
  readonly model: EmittedModel;
  /** Number of frozen parameters of the model, in the part or not. */
  readonly numFrozen: number;
  /** The arrays of the batch that it reads. */
  readonly reads: readonly string[];
  /** The features in the graph of `outputs`, or none if these need more of the frozen part. */
  readonly givenFor: GivenTensors;
}

export interface FrozenPartOptions
  extends Required<Pick<StepGraphOptions, "trains">>,
    Pick<StepGraphOptions, "tap" | "accumulates"> {
  /** The arrays of a batch in training, of fixed size. */
  readonly training: BatchSpec;
  /** The arrays of a batch in evaluation, of any size. */
  readonly evaluation: BatchSpec;
  /** Whether an array of the batch is the same for a sample in every epoch. */
  readonly isConstant: (name: string) => boolean;
}

const PREFIX = "frozen:";

/**
 * Finds the frozen part of an objective, and the tensors with the fewest bytes from which the rest of it
 * goes on. The part is the same in training and in evaluation, so both share its features.
 *
 * @throws UserError (exit code 2) if there is none, or if frozen layers are random, depend on other
 *   samples of the batch, or differ in evaluation
 *
 * No example: recipes turn it on with `train.cache_frozen`.
 */
export function findFrozenPart(objective: Objective, options: FrozenPartOptions): FrozenPart {
  const { training, evaluation, tap, accumulates, trains, isConstant } = options;
  const traced = traceForward(objective, training, {
    training: true,
    ...(accumulates !== undefined && { accumulates }),
    ...(tap && { tap }),
  });
  const evaluated = traceForward(objective, evaluation, { training: false, ...(tap && { tap }) });
  const classOf = createTensorClasses(Object.values(training)[0]!.shape[0] as number);
  const inputsOf = ({ trace }: ForwardTrace) => ({
    trains: (name: string) => trains(trace.parameters.get(name)!),
    isConstant,
  });

  const samples = followSamples();
  const inEvaluation = traceStatus(evaluated.trace.graph.nodes, {
    ...inputsOf(evaluated),
    obstacleOf: (node, statusOf) =>
      samples.mixes(node, (tensor) => statusOf(tensor) === "sample") ? mixed(node) : undefined,
  });
  const counterparts = new Map<number, Tensor>();
  for (const [node, status] of inEvaluation) {
    if (status !== "sample" && !(isObstacle(status) && status.kind === "mixed")) continue;
    for (const output of node.outputs) counterparts.set(classOf(output), output);
  }
  const counterpart = (tensor: Tensor): Tensor | undefined => counterparts.get(classOf(tensor));

  const inTraining = traceStatus(traced.trace.graph.nodes, {
    ...inputsOf(traced),
    obstacleOf(node) {
      const other = counterpart(node.outputs[0]!);
      if (other === undefined) return { kind: "training", name: placeOf(node) };
      const status = inEvaluation.get(other.node)!;
      return isObstacle(status) ? status : undefined;
    },
  });
  const hindered = hinderedParameters(traced, inTraining);
  const avoidable = hindered.find(({ obstacle }) => obstacle.kind !== "varying");
  if (avoidable !== undefined) throw cannotKeep(avoidable);

  const common = new Set<number>();
  for (const [node, status] of inTraining) {
    if (!isObstacle(status)) for (const output of node.outputs) common.add(classOf(output));
  }
  const isFrozen = (tensor: Tensor): boolean =>
    inEvaluation.get(tensor.node) === "sample" && common.has(classOf(tensor));
  const inTrainingToo = (tensor: Tensor): boolean => inTraining.get(tensor.node) === "sample";
  const read = new Set([
    ...boundary(evaluated, isFrozen),
    ...boundary(traced, inTrainingToo).map((tensor) => counterpart(tensor)!),
  ]);
  const cut = chooseTensors({ read: [...read], isFrozen, isBySample: samples.isBySample });
  // A model that is applied twice to the same arrays has equal tensors.
  const chosen = [...new Map(cut.map((tensor) => [classOf(tensor), tensor])).values()];
  const products = neededNodes(chosen).nodes.filter(
    (node) => node.op.product === true && inEvaluation.get(node) === "sample",
  );
  if (products.length === 0) {
    throw hindered[0] ? cannotKeep(hindered[0]) : nothingFrozen(inTraining);
  }
  const numFrozen = [...traced.trace.parameters.values()].filter((spec) => !trains(spec)).length;
  return { ...describePart(chosen, products, classOf), numFrozen };
}

function describePart(
  chosen: readonly Tensor[],
  products: readonly Node[],
  classOf: TensorClasses,
): Omit<FrozenPart, "numFrozen"> {
  const features = chosen.map(({ dtype, shape, node }, index) => ({
    name: `${PREFIX}${index}`,
    dtype,
    shape: shape.map((dim) => (typeof dim === "number" ? dim : dim.factor)),
    place: placeOf(node),
  }));
  const names = new Map(chosen.map((tensor, i) => [classOf(tensor), features[i]!.name]));
  const costly = new Set(products.map(({ outputs }) => classOf(outputs[0]!)));
  const model = emitModel(
    Object.fromEntries(copyOf(chosen).map((tensor, i) => [features[i]!.name, tensor])),
  );
  return {
    features,
    model,
    reads: model.inputs.filter(({ role }) => role === "data").map(({ name }) => name),
    givenFor(outputs) {
      const given = new Map<Tensor, string>();
      for (const node of neededNodes(outputs).nodes) {
        for (const output of node.outputs) {
          const name = names.get(classOf(output));
          if (name !== undefined) given.set(output, name);
        }
      }
      const left = neededNodes(outputs, (tensor) => given.has(tensor)).nodes;
      const suffices = !left.some((node) => costly.has(classOf(node.outputs[0]!)));
      return suffices ? given : new Map();
    },
  };
}

/** The tensors in a graph of their own, so that its bytes do not depend on the rest of the model. */
function copyOf(tensors: readonly Tensor[]): Tensor[] {
  const graph = createGraph();
  const copies = new Map<Tensor, Tensor>();
  for (const node of neededNodes(tensors).nodes) {
    graph.place = node.place;
    graph.origin = node.origin;
    const inputs = node.inputs.map((input) => copies.get(input)!);
    const outputs = addNode(graph, node.op, inputs, node.attributes);
    for (const [i, output] of node.outputs.entries()) copies.set(output, outputs[i]!);
  }
  return tensors.map((tensor) => copies.get(tensor)!);
}

/** The tensors of a part that the rest of a trace reads. */
function boundary({ outputs }: ForwardTrace, isInPart: (tensor: Tensor) => boolean): Tensor[] {
  const found = new Set(outputs.filter(isInPart));
  for (const node of neededNodes(outputs).nodes) {
    const [first] = node.outputs;
    if (isInput(first!) || isInPart(first!)) continue;
    for (const input of node.inputs) if (isInPart(input)) found.add(input);
  }
  return [...found];
}

/** A frozen parameter that meets an obstacle other than trained parameters. */
interface Hindered {
  readonly parameter: string;
  readonly obstacle: Obstacle & { readonly kind: keyof typeof REASONS };
}

function hinderedParameters(
  { outputs }: ForwardTrace,
  statuses: ReadonlyMap<Node, Status>,
): Hindered[] {
  return neededNodes(outputs).nodes.flatMap((node) => {
    const status = statuses.get(node)!;
    if (!isObstacle(status) || status.kind === "trained") return [];
    const fixed = node.inputs.filter((input) => statuses.get(input.node) === "fixed");
    return neededNodes(fixed)
      .nodes.map(({ outputs: [first] }) => first!)
      .filter(isParameter)
      .map((tensor) => ({
        parameter: inputAttributes(tensor).name,
        obstacle: status as Hindered["obstacle"],
      }));
  });
}

function cannotKeep({ parameter, obstacle: { kind, name } }: Hindered): Error {
  return usageError(
    `train.cache_frozen cannot keep what the frozen parameter ${parameter} computes: ${REASONS[kind](name)}, or drop train.cache_frozen`,
  );
}

const REASONS = {
  varying: (name: string) =>
    `the ${name} of a sample change from epoch to epoch, by data.augment or because one of several captions is drawn; set train.cache_frozen.views to keep several versions of each image`,
  random: (name: string) =>
    `it depends on the random numbers ${name}; set the rate of dropout, drop_path or noise there to 0`,
  state: (name: string) =>
    `it depends on ${name}, which changes during training; let the layer train`,
  mixed: (name: string) =>
    `the samples of a batch influence each other in ${name}, by a capacity limit or a mean over the batch; choose dispatch dropless or another layer`,
  training: (name: string) =>
    `${name} computes something else in evaluation, as a batch norm does; let the layer train`,
} as const;

function isParameter(tensor: Tensor): boolean {
  return isInput(tensor) && inputAttributes(tensor).role === "parameter";
}

function nothingFrozen(statuses: ReadonlyMap<Node, Status>): Error {
  const frozen = [...statuses].some(
    ([
      {
        outputs: [first],
      },
      status,
    ]) => {
      return status === "fixed" && isParameter(first!);
    },
  );
  if (!frozen) {
    return usageError(
      "train.cache_frozen needs frozen parameters; add rules with frozen: true to optimizer.rules, such as { parameters: blocks.0.*, frozen: true }, or drop train.cache_frozen",
    );
  }
  return usageError(
    "train.cache_frozen finds nothing to keep: no matrix product or convolution depends on samples and frozen parameters alone; freeze the model from its first layer on, or drop train.cache_frozen",
  );
}

function mixed(node: Node): Obstacle {
  return { kind: "mixed", name: placeOf(node) };
}

function placeOf({ place }: Node): string {
  return place === "" ? "the model" : place;
}
