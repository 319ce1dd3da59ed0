/** Trained models: evaluation, prediction, weights. */
import type { Field } from "../../data/batches/batch.ts";
import { encodeSafetensors } from "../../formats/safetensors.ts";
import type { NdArray } from "../../graph/array.ts";
import { defined } from "../../graph/defined.ts";
import { usageError } from "../../graph/errors.ts";
import type { Tensor } from "../../graph/graph.ts";
import { batch } from "../../graph/shape.ts";
import type { Runtime, SessionOptions } from "../../runtime/session.ts";
import { type CompiledFunction, createApplication } from "../apply/apply.ts";
import type { Weights } from "../apply/scoped-function.ts";
import { batchSpec, createEvaluator, type Evaluator, mainScores } from "../evaluator.ts";
import type { Outcome } from "../run-updates.ts";
import type { Objective } from "../step-graph.ts";
import { type FitArrays, type FitData, toFitData } from "./array-batches.ts";

/** A model with weights. */
export interface WeightedModel {
  /** Parameters and states by name; moving averages if the training kept them. */
  readonly weights: Weights;
  /**
   * Means of the loss and the metrics over all samples.
   *
   * @param data a finite loader, an object with the same interface, or arrays by name
   */
  evaluate(
    data: FitData | FitArrays,
    options?: { readonly batchSize?: number },
  ): Promise<Record<string, number>>;
  /**
   * The `outputs` of the objective for inputs with any number of rows; inputs that they do not
   * depend on, such as labels, are optional.
   */
  predict(inputs: FitArrays): Promise<Readonly<Record<string, NdArray>>>;
  /** The weights as the bytes of a safetensors file. */
  toSafetensors(): Uint8Array;
  dispose(): void;
  [Symbol.dispose](): void;
}

/** A trained model. */
export interface FittedModel extends WeightedModel {
  /** Number of updates. */
  readonly steps: number;
  /** Whether the training was completed. */
  readonly outcome: Outcome;
}

export interface WeightedModelOptions {
  readonly weights: Weights;
  readonly fields: Readonly<Record<string, Field>>;
  readonly batchSize: number;
  readonly runtime: Runtime;
  readonly session?: SessionOptions | undefined;
}

/** The model of an objective, reading weights that may still change. */
export function createWeightedModel(
  objective: Objective,
  { weights, fields, batchSize, runtime, session }: WeightedModelOptions,
): WeightedModel {
  const evaluators = new Map<number, Evaluator>();
  const evaluatorFor = async (size: number): Promise<Evaluator> => {
    const known = evaluators.get(size);
    if (known !== undefined) return known;
    const evaluator = await createEvaluator(objective, {
      runtime,
      ...defined({ session }),
      weights: (name) => requireTensor(weights, name),
      fields,
      batchSize: size,
    });
    evaluators.set(size, evaluator);
    return evaluator;
  };

  type Predictor = CompiledFunction<FitArrays, Readonly<Record<string, Tensor>>>;
  let predictor: Promise<Predictor> | undefined;
  const { compile } = createApplication(() => runtime);
  const createPredictor = async () =>
    compile(
      (scope, inputs) => requireOutputs(objective(scope, inputs).outputs),
      batchSpec(fields, batch()),
      {
        ...defined({ session }),
      },
    );

  const dispose = (): void => {
    for (const evaluator of evaluators.values()) evaluator.dispose();
    evaluators.clear();
    predictor?.then(
      (compiled) => compiled.dispose(),
      () => {}, // predict has thrown the error
    );
    predictor = undefined;
  };
  return {
    weights,
    async evaluate(data, options = {}) {
      const source = toFitData(data, { batchSize: options.batchSize ?? batchSize });
      const evaluator = await evaluatorFor(Math.max(batchSize, source.batchSize));
      return mainScores(await evaluator.run(source));
    },
    async predict(inputs) {
      predictor ??= createPredictor();
      return (await (await predictor).run(weights, inputs)).output;
    },
    toSafetensors: () => joined(encodeSafetensors(weights)),
    dispose,
    [Symbol.dispose]: dispose,
  };
}

function requireTensor(weights: Weights, name: string): NdArray {
  const tensor = weights.get(name);
  if (tensor === undefined) throw usageError(`the data have no array "${name}"; add it`);
  return tensor;
}

function requireOutputs(
  outputs: Readonly<Record<string, Tensor>> | undefined,
): Readonly<Record<string, Tensor>> {
  if (outputs !== undefined) return outputs;
  throw usageError(
    "predict returns the outputs of the objective, which has none; return for example { loss, outputs: { logits } }",
  );
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
