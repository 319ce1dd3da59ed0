/** Asynchronous results of a model for the user's input. */
import { useEffect, useState } from "preact/hooks";
import { messageOf } from "../data/resource.ts";

/** State of a result; the previous result remains while the next is computed. */
export interface Answer<T> {
  readonly value?: T;
  readonly waiting: boolean;
  readonly reason?: string;
}

/** Debounce interval for typing, milliseconds. */
const pause = 250;

/**
 * Calls `ask` whenever `inputs` change; outdated results are discarded.
 *
 * @param ask returns undefined if there is nothing to compute
 */
export function useAnswer<T>(
  ask: (signal: AbortSignal) => Promise<T> | undefined,
  inputs: readonly unknown[],
  { patient = false }: { readonly patient?: boolean } = {},
): Answer<T> {
  const [answer, setAnswer] = useState<Answer<T>>({ waiting: true });
  useEffect(() => {
    const abort = new AbortController();
    const run = async (): Promise<void> => {
      try {
        const asked = ask(abort.signal);
        if (asked === undefined) {
          setAnswer({ waiting: false });
          return;
        }
        setAnswer(({ value }) => ({ ...(value !== undefined && { value }), waiting: true }));
        const value = await asked;
        if (!abort.signal.aborted) setAnswer({ value, waiting: false });
      } catch (error) {
        if (!abort.signal.aborted) setAnswer({ waiting: false, reason: messageOf(error) });
      }
    };
    const timer = setTimeout(() => void run(), patient ? pause : 0);
    return () => {
      clearTimeout(timer);
      abort.abort(new Error("the input changed"));
    };
  }, inputs);
  return answer;
}
