import { defined } from "../graph/defined.ts";
import type { SessionOptions } from "../runtime/session.ts";
import type { TrainConfig } from "./config.ts";

/** How sessions of a run are made. */
export function sessionOptions({ provider, threads }: TrainConfig["runtime"]): SessionOptions {
  return { provider, ...defined({ threads }) };
}
