/** Checkpoints from the hub: the routing of a text, which the server computes. */
import { decodeRecord, type ModelMessage } from "moesaic/inspect";
import { DataError, dataUrl } from "./client.ts";
import type { StoredRecord } from "./record.ts";

/** The routing of one text. */
export interface Reading {
  readonly notes: readonly string[];
  /** A record with one text. */
  readonly record: StoredRecord;
}

/** What the server does, and how much of it is done. */
export type ReadingProgress = Extract<ModelMessage, { readonly progress: unknown }>["progress"];

export interface ReadingOptions {
  readonly onProgress: (progress: ReadingProgress) => void;
  readonly signal: AbortSignal;
}

/**
 * Sends a text to the server and waits for its routing.
 *
 * @throws DataError if the server refuses it or is gone
 */
export async function readRouting(
  id: string,
  text: string,
  { onProgress, signal }: ReadingOptions,
): Promise<Reading> {
  for await (const message of ask(id, text, signal)) {
    if ("progress" in message) onProgress(message.progress);
    else if ("error" in message) throw new DataError(message.error);
    else return { notes: message.notes, record: decodeRecord(message.record) };
  }
  throw new DataError("the answer ended early; check that the inspector is still running");
}

async function* ask(id: string, text: string, signal: AbortSignal): AsyncGenerator<ModelMessage> {
  const response = await fetch(dataUrl("models", id, "routing"), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ text }),
    signal,
  }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw new DataError("the server does not answer; check that the inspector is still running", {
      cause: error,
    });
  });
  if (!response.ok) throw new DataError((await response.text()).trim());
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const lines = (rest + part.value).split("\n");
    rest = lines.pop()!;
    for (const line of lines) yield JSON.parse(line) as ModelMessage;
  }
}
