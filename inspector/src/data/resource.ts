/** Something that is being read. */
import { type ReadonlySignal, signal } from "@preact/signals";

export type Resource<T> =
  | { readonly state: "loading" }
  /** `problem` tells why it could not be read again. */
  | { readonly state: "ready"; readonly value: T; readonly problem?: string }
  | { readonly state: "failed"; readonly reason: string };

/** A signal of what `read` gives; a failed reading can be tried again. */
export interface ResourceSignal<T> {
  readonly value: ReadonlySignal<Resource<T>>;
  /** Ends when the first reading ended, well or not. */
  readonly first: Promise<void>;
  /** Reads anew; what was read before stays until then, and where that fails. */
  refresh(): Promise<void>;
  /** Puts another value in its place. */
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

/** What an error says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
