import type { RunView } from "../../../src/inspect/view-types.ts";
import type { OpenRun } from "../data/runs.ts";

export function PlaygroundPage(_: { readonly run: OpenRun; readonly view: RunView }) {
  return <p>soon</p>;
}
