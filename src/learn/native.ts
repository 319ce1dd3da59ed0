/** `apply` and `compile` in Node: on the native runtime unless options name another. */
import { nativeRuntime } from "../runtime/native/native.ts";
import { type Application, createApplication } from "./apply.ts";

const application = createApplication(nativeRuntime);

/** See {@link Application.apply}. */
export const apply: Application["apply"] = application.apply;
/** See {@link Application.compile}. */
export const compile: Application["compile"] = application.compile;
