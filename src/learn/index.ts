/**
 * The engine: `fit` trains an objective, and `init` and `apply` run models on plain arrays. They use
 * training and evaluation graphs, optimizer state in one arena, and update steps.
 */

export { loadWeights } from "./fit/weights-file.ts";
export { apply, compile, fit, type SavableModel } from "./native.ts";
export * from "./shared.ts";
