/** Ctrl-C: the first one stops the training after its step, the second one ends the process. */
const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;
type Signal = keyof typeof exitCodes;

/** Milliseconds: npx forwards a Ctrl-C that the terminal has also sent to this process. */
const echoMilliseconds = 500;

export interface Interruption {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** 130 or 143 after a signal. */
  exitCode(): number | undefined;
  /** Stops listening. */
  dispose(): void;
}

/** Listens for SIGINT and SIGTERM until disposed; `announce` receives a message for the user. */
export function listenForInterrupt(announce: (message: string) => void): Interruption {
  const controller = new AbortController();
  let first: { name: Signal; at: number } | undefined;
  const listener = (name: Signal): void => {
    if (first === undefined) {
      first = { name, at: Date.now() };
      announce("finishing this step and saving; interrupt again to stop immediately");
      controller.abort();
    } else if (Date.now() - first.at > echoMilliseconds) {
      process.exit(exitCodes[name]);
    }
  };
  process.on("SIGINT", listener);
  process.on("SIGTERM", listener);
  return {
    signal: controller.signal,
    exitCode: () => first && exitCodes[first.name],
    dispose() {
      process.off("SIGINT", listener);
      process.off("SIGTERM", listener);
    },
  };
}
