/** Something that is made when it is first needed, once. */
export interface Lazy<T> {
  get(): Promise<T>;
  /** Disposes of what was made, and of what is being made as soon as it is there. */
  dispose(): void;
}

/** A failure is told, and the next call tries again. */
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
        () => undefined, // told where it was asked for
      );
      made = undefined;
    },
  };
}
