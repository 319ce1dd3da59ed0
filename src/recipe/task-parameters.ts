import { elementCount } from "../graph/array.ts";
import { countByToken, countParameters, type ParameterCounts } from "../moe/active-parameters.ts";
import type { ParameterSpec } from "../nn/scope.ts";
import type { Task } from "../tasks/task.ts";

/** Counts the parameters of a task's model, and the parameters that a token of each kind uses. */
export function countTaskParameters(
  { numActiveExperts, tokenPaths }: Pick<Task, "numActiveExperts" | "tokenPaths">,
  parameters: Iterable<Pick<ParameterSpec, "name" | "shape">>,
): ParameterCounts {
  const sizes = Array.from(parameters, ({ name, shape }) => [name, elementCount(shape)] as const);
  return tokenPaths === undefined
    ? countParameters(sizes, numActiveExperts)
    : countByToken(sizes, numActiveExperts, tokenPaths);
}
