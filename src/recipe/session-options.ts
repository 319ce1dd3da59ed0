import { defined } from "../graph/defined.ts";
import type { SessionOptions } from "../runtime/session.ts";
import type { TrainConfig } from "./config.ts";

/** Session options from the runtime settings of a run. */
export function sessionOptions({ provider, threads }: TrainConfig["runtime"]): SessionOptions {
  return { provider, ...defined({ threads }) };
}
