/** The runtime of a page, made when it is first needed. */
import type { Runtime } from "../session.ts";
import { webRuntime } from "./web.ts";

let shared: Promise<Runtime> | undefined;

/** The web runtime that functions use unless options name another. */
export function defaultWebRuntime(): Promise<Runtime> {
  shared ??= webRuntime();
  return shared;
}
