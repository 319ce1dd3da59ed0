/** State of a run and of the connection to it. */
import type { RunEntry } from "moesaic/inspect";
import { openRun } from "../data/runs.ts";

interface LiveStateProps {
  readonly id: string;
  readonly entry: Pick<RunEntry, "state">;
}

/** State as a word with a dot: live, training, finished, stopped, or connection lost. */
export function LiveState({ id, entry }: LiveStateProps) {
  const connection = openRun(id).connection.value;
  const [word, look] =
    connection === "lost"
      ? ["connection lost", "lost"]
      : entry.state === "training"
        ? connection === "connected"
          ? ["live", "live"]
          : ["training", "training"]
        : [entry.state, entry.state];
  return (
    <span class={`state ${look}`} role="status">
      {word}
    </span>
  );
}
