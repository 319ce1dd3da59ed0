/** Text generation that can be stopped. */
import { useSignal } from "@preact/signals";
import type { Generated, GenerateRequest, LiveModel } from "moesaic/live";
import { useEffect, useRef } from "preact/hooks";
import { messageOf } from "../data/resource.ts";

export interface Generation {
  /** The text so far. */
  readonly text: string;
  readonly running: boolean;
  readonly result?: Generated;
  readonly reason?: string;
  start(request: GenerateRequest): void;
  stop(): void;
  /** Removes the error of the last generation. */
  clear(): void;
}

const nothing = { text: "", running: false } as const;
type State = Pick<Generation, "text" | "running" | "result" | "reason">;

/** One generation at a time; it stops with the page, and if the model changes. */
export function useGeneration(model: LiveModel): Generation {
  const state = useSignal<State>(nothing);
  const running = useRef<AbortController | undefined>(undefined);
  const stop = (): void => {
    running.current?.abort(new Error("stopped"));
    running.current = undefined;
    if (state.peek().running) state.value = { ...state.peek(), running: false };
  };
  const start = (request: GenerateRequest): void => {
    stop();
    const abort = new AbortController();
    running.current = abort;
    state.value = { text: "", running: true };
    const { signal } = abort;
    const onText = (text: string): void => {
      if (!signal.aborted) state.value = { text, running: true };
    };
    model.generate!(request, { onText, signal }).then(
      (result) => {
        if (!signal.aborted) state.value = { text: result.text, running: false, result };
      },
      (error: unknown) => {
        if (!signal.aborted) state.value = { ...nothing, reason: messageOf(error) };
      },
    );
  };
  const clear = (): void => {
    const { reason, ...rest } = state.peek();
    if (reason !== undefined) state.value = rest;
  };
  useEffect(() => stop, [model]);
  return { ...state.value, start, stop, clear };
}
