/** Answers of a model to what the reader gives it. */
import { useEffect, useState } from "preact/hooks";
import { messageOf } from "../data/resource.ts";

/** What is known of an answer; while the next one is computed, the last one stays. */
export interface Answer<T> {
  readonly value?: T;
  readonly waiting: boolean;
  readonly reason?: string;
}

/** How long the reader may still be typing, milliseconds. */
const pause = 250;

/**
 * Asks whenever `inputs` change; answers that come too late are left out.
 *
 * @param ask gives nothing where there is nothing to ask
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
      abort.abort(new Error("another input was given"));
    };
  }, inputs);
  return answer;
}
