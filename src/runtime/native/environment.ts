/**
 * ONNX Runtime's process-wide environment with a thread pool shared by all sessions.
 *
 * Separate pools compete for cores, because their threads spin while they wait. Measured with 60 small
 * operators, 2 threads on 2 cores: one session took 1.4 ms per run with the shared pool and 1.5 ms with
 * its own; two alternating sessions 1.3 ms against 4.0 ms per run. A process has one environment with
 * one pool, so the first session decides its settings; sessions with other settings get their own
 * threads.
 */
import type { HandleCounts } from "../handles.ts";
import { type Api, type Pointer, slots } from "./api.ts";
import { openTensors, type Tensors } from "./tensor.ts";

/** Settings of a pool of worker threads. */
export interface PoolSettings {
  readonly threads: number;
  readonly spin: boolean;
}

/** The environment, open while sessions exist. */
export interface Environment {
  readonly pointer: Pointer;
  /** Settings of the shared pool. */
  readonly pool: PoolSettings;
  readonly tensors: Tensors;
}

/** Opens the environment for the first user and releases it after the last. */
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
  const fatalOnly = 4; // Failures are thrown; logging them too would report everything twice.
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
