/** A value that is created once, on first use. */
export interface Lazy<T> {
  get(): Promise<T>;
  /** Disposes of the value, also if its creation is still pending. */
  dispose(): void;
}

/** Creates the value on first use; after a failure the next call retries. */
export function lazily<T extends { dispose(): void }>(make: () => Promise<T>): Lazy<T> {
  let made: Promise<T> | undefined;
  let disposed = false;
  return {
    get() {
      if (disposed) return Promise.reject(new Error("the model was disposed of; open it again"));
      made ??= make().catch((error: unknown) => {
        made = undefined;
        throw error;
      });
      return made;
    },
    dispose() {
      disposed = true;
      made?.then(
        (value) => value.dispose(),
        () => undefined, // reported by `get`
      );
      made = undefined;
    },
  };
}
