/** Ctrl-C: the first asks the training to stop, the second stops the process. */
const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;
type Signal = keyof typeof exitCodes;

/** npx passes on a Ctrl-C that the terminal has sent to this process already. */
const echoMilliseconds = 500;

export interface Interruption {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** 130 or 143 once a signal has come. */
  exitCode(): number | undefined;
  /** Gives the signals back to the system. */
  dispose(): void;
}

/** Listens for SIGINT and SIGTERM until disposed; `announce` tells the person what happens. */
export function listenForInterrupt(announce: (message: string) => void): Interruption {
  const controller = new AbortController();
  let first: { name: Signal; at: number } | undefined;
  const listener = (name: Signal): void => {
    if (first === undefined) {
      first = { name, at: Date.now() };
      announce("finishing this step, then saving; interrupt again to stop at once");
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
