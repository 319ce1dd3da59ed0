/** `apply`, `compile` and `fit` in Node: on the native runtime unless options name another. */
import { nativeRuntime } from "../runtime/native/native.ts";
import { type Application, createApplication } from "./apply.ts";
import { createFit, type Fit } from "./fit.ts";
import type { FittedModel } from "./fitted-model.ts";
import { writeWeights } from "./weights-file.ts";

const application = createApplication(nativeRuntime);

/** See {@link Application.apply}. */
export const apply: Application["apply"] = application.apply;
/** See {@link Application.compile}. */
export const compile: Application["compile"] = application.compile;

/** A trained model that writes files. */
export interface SavableModel extends FittedModel {
  /** Writes the weights to a safetensors file; `loadWeights` reads it. */
  save(path: string): Promise<void>;
}

const fitModel = createFit(nativeRuntime);

/** See {@link Fit}. */
export const fit: Fit<SavableModel> = async (objective, data, options) => {
  const model = await fitModel(objective, data, options);
  return { ...model, save: (path) => writeWeights(path, model.toSafetensors()) };
};
