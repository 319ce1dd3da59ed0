/** Counters of live native objects, so that tests can check that all were released. */

/** Kinds of native objects that the runtime owns. */
export type HandleKind =
  | "environments"
  | "memoryInfos"
  | "sessionOptions"
  | "sessions"
  | "bindings"
  | "tensors"
  | "typeInfos";

/** Live handles by kind. */
export interface HandleCounts {
  add(kind: HandleKind): void;
  remove(kind: HandleKind): void;
  snapshot(): Readonly<Record<HandleKind, number>>;
}

/** A set of counters that all start at zero. */
export function handleCounts(): HandleCounts {
  const counts: Record<HandleKind, number> = {
    environments: 0,
    memoryInfos: 0,
    sessionOptions: 0,
    sessions: 0,
    bindings: 0,
    tensors: 0,
    typeInfos: 0,
  };
  return {
    add: (kind) => {
      counts[kind]++;
    },
    remove: (kind) => {
      counts[kind]--;
    },
    snapshot: () => ({ ...counts }),
  };
}
