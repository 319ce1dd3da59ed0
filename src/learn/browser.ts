/** `apply`, `compile` and `fit` in browsers, on the web runtime unless options set another. */
import { defaultWebRuntime } from "../runtime/web/default-runtime.ts";
import { type Application, createApplication } from "./apply/apply.ts";
import { createFit, type Fit } from "./fit/fit.ts";

export * from "./shared.ts";

const application = createApplication(defaultWebRuntime);

/** See {@link Application.apply}. No example: it is called as in Node. */
export const apply: Application["apply"] = application.apply;
/** See {@link Application.compile}. No example: it is called as in Node. */
export const compile: Application["compile"] = application.compile;
/**
 * See {@link Fit}; `model.toSafetensors()` gives the bytes of a file to save.
 *
 * No example: it is called as in Node.
 */
export const fit: Fit = createFit(defaultWebRuntime);
