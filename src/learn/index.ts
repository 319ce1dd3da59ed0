/**
 * The engine: `fit` trains an objective, `init` and `apply` run models on plain arrays; below them
 * training and evaluation graphs, optimizer state in one arena, update steps.
 */

export { loadWeights } from "./fit/weights-file.ts";
export { apply, compile, fit, type SavableModel } from "./native.ts";
export * from "./shared.ts";
