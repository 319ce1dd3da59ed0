/**
 * ONNX Runtime's process-wide environment with the worker threads that sessions share.
 *
 * Sessions with worker threads of their own spin against each other while they wait. Measured with
 * 60 small operators, 2 threads on 2 cores: one session took 1.4 ms a run with the shared pool and
 * 1.5 ms with its own; two sessions in turn 1.3 ms against 4.0 ms a run. There is one environment
 * in a process and it has one pool, so its settings are those of the first session; sessions that
 * ask for other settings while it lives get threads of their own.
 */
import type { HandleCounts } from "../handles.ts";
import { type Api, type Pointer, slots } from "./api.ts";
import { openTensors, type Tensors } from "./tensor.ts";

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
  const fatalOnly = 4; // failures are thrown; logging them too would say everything twice
  try {
    api.setPoolIntraOpThreads(threading, pool.threads);
    api.setPoolInterOpThreads(threading, 1);
    api.setPoolSpinning(threading, pool.spin ? 1 : 0);
    api.setPoolDenormalAsZero(threading);
    api.createEnvironmentWithPools(fatalOnly, "moesaic", threading, slot);
  } finally {
    api.releaseThreadingOptions(threading);
  }
  const pointer = slot[0]!;
  handles.add("environments");
  api.disableTelemetry(pointer);
  return { pointer, pool, tensors: openTensors(api, handles) };
}
