/** The result of model functions: how they are called, and checks of what they return. */
import { usageError } from "../../graph/errors.ts";
import { checkSynchronous, checkTensor, describeGiven, isTensor } from "../../graph/given.ts";
import type { Graph, Tensor } from "../../graph/graph.ts";
import { formatShape } from "../../graph/shape.ts";

/**
 * The result of an objective; all tensors but `outputs` are scalars.
 *
 * Scalars are means, which batches are combined by: those over samples, or over all entries of a tensor,
 * are recognised; any other says by `meanOver` or `countedMean` what it is a mean over.
 */
export interface ObjectiveResult {
  /** The main loss; auxiliary losses of the scope are added to it. */
  readonly loss: Tensor;
  /** Scalars that are logged in addition to the loss. */
  readonly metrics?: Readonly<Record<string, Tensor>>;
  /** Tensors that evaluation may return, such as `logits`. */
  readonly outputs?: Readonly<Record<string, Tensor>>;
}

/** Names of scalars that every objective has. */
const RESERVED = ["loss", "objective"];

/**
 * The result of a model function.
 *
 * @param what the function in errors, such as `the objective`
 * @param tensors its inputs; `run` receives them
 * @throws UserError (exit code 2) if it is no function, returns a promise, or fails on an input that is
 * missing
 */
export function callModel<Result>(
  what: string,
  tensors: Readonly<Record<string, Tensor>>,
  run: (tensors: Readonly<Record<string, Tensor>>) => Result,
): Result {
  const missing = new Set<string>();
  const watched = new Proxy(tensors, {
    get(target, name) {
      if (typeof name === "string" && !(name in target)) missing.add(name);
      return target[name as string];
    },
  });
  let result: Result;
  try {
    result = run(watched);
  } catch (cause) {
    const [name] = missing;
    if (!(cause instanceof TypeError) || name === undefined) throw cause;
    const known = Object.keys(tensors).join(", ") || "none";
    throw usageError(
      `${what} reads the input "${name}", which it was not given (its inputs: ${known}): ${cause.message}`,
      { cause },
    );
  }
  checkSynchronous(what, result);
  return result;
}

/**
 * Checks the result of an objective.
 *
 * @throws UserError (exit code 2) if the loss or a metric is not a scalar of the graph, or an output not a
 * tensor, or has a name that every objective uses
 */
export function checkObjectiveResult(
  result: unknown,
  graph: Graph,
): asserts result is ObjectiveResult {
  if (typeof result !== "object" || result === null || isTensor(result) || !("loss" in result)) {
    throw usageError(
      `the objective must return an object with a loss, such as { loss }, got ${describeGiven(result)}`,
    );
  }
  const { loss, metrics = {}, outputs = {} } = result as Partial<ObjectiveResult>;
  checkScalar("the loss of the objective", loss, graph);
  if (loss.dtype !== "float32") {
    throw usageError(
      `the loss of the objective must be float32, got ${loss.dtype}; compute it with cast(x, "float32")`,
    );
  }
  for (const [name, value] of named("metrics", metrics)) {
    checkScalar(`the metric ${name} of the objective`, value, graph);
  }
  for (const [name, value] of named("outputs", outputs)) {
    if (name in metrics) {
      throw usageError(`the objective has a metric and an output called ${name}; rename one`);
    }
    checkTensor(`the output ${name} of the objective`, value, graph);
  }
}

function checkScalar(what: string, value: unknown, graph: Graph): asserts value is Tensor {
  checkTensor(what, value, graph);
  if (value.shape.length === 0) return;
  throw usageError(
    `${what} must be a scalar, got the shape ${formatShape(value.shape)}; take its mean with reduceMean`,
  );
}

function named(part: "metrics" | "outputs", values: unknown): [string, unknown][] {
  if (typeof values !== "object" || values === null || isTensor(values) || Array.isArray(values)) {
    throw usageError(
      `the ${part} of the objective must be tensors by name, got ${describeGiven(values)}`,
    );
  }
  const taken = Object.keys(values).find(
    (name) => RESERVED.includes(name) || (part === "metrics" && name.startsWith("auxiliary/")),
  );
  if (taken === undefined) return Object.entries(values);
  throw usageError(
    `the ${part} of the objective have the name ${taken}, which every objective uses for its own; choose another`,
  );
}
