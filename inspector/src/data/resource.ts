/** An asynchronously loaded value. */
import { type ReadonlySignal, signal } from "@preact/signals";

export type Resource<T> =
  | { readonly state: "loading" }
  /** `problem` is the reason why reloading failed. */
  | { readonly state: "ready"; readonly value: T; readonly problem?: string }
  | { readonly state: "failed"; readonly reason: string };

/** A signal with the result of `read`; reading can be retried. */
export interface ResourceSignal<T> {
  readonly value: ReadonlySignal<Resource<T>>;
  /** Resolves when the first read has succeeded or failed. */
  readonly first: Promise<void>;
  /** Reads again; the previous value remains until then, and if reading fails. */
  refresh(): Promise<void>;
  /** Replaces the value. */
  set(value: T): void;
}

export function resource<T>(read: () => Promise<T>): ResourceSignal<T> {
  const value = signal<Resource<T>>({ state: "loading" });
  const refresh = async (): Promise<void> => {
    try {
      value.value = { state: "ready", value: await read() };
    } catch (error) {
      const [before, problem] = [value.peek(), messageOf(error)];
      value.value =
        before.state === "ready" ? { ...before, problem } : { state: "failed", reason: problem };
    }
  };
  return {
    value,
    first: refresh(),
    refresh,
    set: (next) => {
      value.value = { state: "ready", value: next };
    },
  };
}

/** The message of an error. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
