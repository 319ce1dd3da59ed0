/**
 * A single background thread that loads and runs all models.
 *
 * koffi's asynchronous calls are not used: ONNX Runtime sets the flush-to-zero mode of its worker
 * threads and of the thread that loads the first model, but of no other thread that calls `Run`. Calls
 * from a thread pool would flush denormals or not at random, and equal training runs would differ in
 * their bits. Here one thread makes all calls, including the first load.
 */
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";

/** Arguments of a native call: addresses, counts, null. */
export type PlainArgument = bigint | number | null;

/** A native function that returns a status: its address and the C types of its arguments. */
export interface NativeFunction {
  readonly at: bigint;
  readonly types: readonly string[];
}

export interface NativeThread {
  /**
   * Calls `fn` with each list of arguments in order until a call returns a status, and returns the
   * index and status of that call. `keep` stays referenced until then: the arguments are addresses,
   * which the garbage collector does not see.
   */
  call(
    fn: NativeFunction,
    argumentLists: readonly (readonly PlainArgument[])[],
    keep: readonly unknown[],
  ): Promise<{ index: number; status: bigint } | undefined>;
}

// Plain JavaScript, because the thread starts from sources, tests and the built package.
const program = `
const { parentPort, workerData } = require("node:worker_threads");
const koffi = require(workerData.koffi);
koffi.config({ ...koffi.config(), sync_stack_size: workerData.stackSize });
const functions = new Map();
const pinned = [koffi.load(workerData.library)]; // koffi crashes if nothing was loaded
function functionAt(at, types) {
  let found = functions.get(at);
  if (found === undefined) {
    const prototype = koffi.proto("void *", types);
    found = koffi.decode(at, prototype);
    pinned.push(prototype, found);
    functions.set(at, found);
  }
  return found;
}
parentPort.on("message", ({ id, fn, argumentLists }) => {
  let reply = { id };
  try {
    const native = functionAt(fn.at, fn.types);
    for (let index = 0; index < argumentLists.length; index++) {
      const status = native(...argumentLists[index]);
      if (status !== null) {
        reply = { id, index, status };
        break;
      }
    }
  } catch (error) {
    reply = { id, error: String(error) };
  }
  parentPort.postMessage(reply);
});
`;

interface Reply {
  readonly id: number;
  readonly index?: number;
  readonly status?: bigint;
  readonly error?: string;
}

/**
 * Starts the thread over an open library; an idle thread does not keep the process alive.
 *
 * @throws Error, from calls, after the thread has ended
 */
export function startNativeThread(library: string, stackSize: number): NativeThread {
  const koffi = createRequire(import.meta.url).resolve("koffi");
  const worker = new Worker(program, {
    eval: true,
    execArgv: [], // do not inherit the loaders of the main thread
    workerData: { koffi, library, stackSize },
  });
  worker.unref();
  const waiting = new Map<number, { answer: (reply: Reply) => void; keep: readonly unknown[] }>();
  let next = 0;
  let ended: string | undefined;
  const receive = (reply: Reply): void => {
    const { answer } = waiting.get(reply.id)!;
    waiting.delete(reply.id);
    if (waiting.size === 0) worker.unref();
    answer(reply);
  };
  worker.on("message", receive);
  worker.on("error", (error) => {
    ended = `the native thread ended: ${error}`;
    for (const id of [...waiting.keys()]) receive({ id, error: ended });
  });
  return {
    call: (fn, argumentLists, keep) =>
      new Promise((resolve, reject) => {
        if (ended !== undefined) throw new Error(ended);
        const id = next++;
        if (waiting.size === 0) worker.ref();
        const answer = ({ index, status, error }: Reply): void => {
          if (error !== undefined) reject(new Error(error));
          else resolve(status === undefined ? undefined : { index: index!, status });
        };
        waiting.set(id, { answer, keep });
        worker.postMessage({ id, fn, argumentLists });
      }),
  };
}
