/** ONNX Runtime's process-wide environment with the worker threads that sessions share. */
import type { HandleCounts } from "./handles.ts";
import { type Api, type Pointer, slots } from "./native-api.ts";
import { openTensors, type Tensors } from "./native-tensor.ts";

/** Settings of a pool of worker threads. */
export interface PoolSettings {
  readonly threads: number;
  readonly spin: boolean;
}

/** The environment while sessions live. */
export interface Environment {
  readonly pointer: Pointer;
  /** Settings of the shared pool. */
  readonly pool: PoolSettings;
  readonly tensors: Tensors;
}

/** Opens the environment with the first user and releases it with the last. */
export interface EnvironmentKeeper {
  acquire(pool: PoolSettings): Environment;
  release(): void;
}

export function environmentKeeper(api: Api, handles: HandleCounts): EnvironmentKeeper {
  let current: Environment | undefined;
  let users = 0;
  return {
    acquire: (pool) => {
      current ??= open(api, handles, pool);
      users++;
      return current;
    },
    release: () => {
      users--;
      if (users > 0 || current === undefined) return;
      current.tensors.close();
      api.releaseEnvironment(current.pointer);
      handles.remove("environments");
      current = undefined;
    },
  };
}

function open(api: Api, handles: HandleCounts, pool: PoolSettings): Environment {
  const slot = slots(1);
  api.createThreadingOptions(slot);
  const threading = slot[0]!;
  const errorsOnly = 3;
  try {
    api.setPoolIntraOpThreads(threading, pool.threads);
    api.setPoolInterOpThreads(threading, 1);
    api.setPoolSpinning(threading, pool.spin ? 1 : 0);
    api.setPoolDenormalAsZero(threading);
    api.createEnvironmentWithPools(errorsOnly, "moesaic", threading, slot);
  } finally {
    api.releaseThreadingOptions(threading);
  }
  const pointer = slot[0]!;
  handles.add("environments");
  return { pointer, pool, tensors: openTensors(api, handles) };
}
