/** ONNX Runtime's C API as typed functions, called through koffi. */
import { isMainThread } from "node:worker_threads";
import koffi from "koffi";
import { UserError } from "../../graph/errors.ts";
import { type NativeFunction, type PlainArgument, startNativeThread } from "./thread.ts";

/** An address; zero is the null pointer. */
export type Pointer = bigint;

/** A result slot, name array or value array: memory that native code reads or writes. */
export type Slot = BigUint64Array<ArrayBuffer>;

/** Memory for `count` pointers. The buffer is allocated first, so that it never moves. */
export function slots(count: number): Slot {
  return new BigUint64Array(new ArrayBuffer(Math.max(1, count) * 8));
}

/** Arguments of native calls: strings become C strings, pointers are addresses or typed arrays. */
const argumentTypes = {
  p: "void *", // pointer
  s: "const char *",
  n: "size_t",
  i: "int",
} as const;

/**
 * The functions in use: index in the OrtApi structure, then the argument types. The structure only
 * grows at its end, so indices are valid for every later version. A leading `-` marks a function
 * without result; all others return a status.
 */
const functions = {
  disableTelemetry: [6, "p"],
  createSessionFromArray: [8, "ppnpp"],
  run: [9, "ppppnpnp"],
  createSessionOptions: [10, "p"],
  enableProfiling: [14, "pp"],
  disableMemoryPattern: [17, "p"],
  setGraphOptimizationLevel: [23, "pi"],
  setIntraOpThreads: [24, "pi"],
  setInterOpThreads: [25, "pi"],
  sessionInputCount: [30, "pp"],
  sessionOutputCount: [31, "pp"],
  sessionInputType: [33, "pnp"],
  sessionOutputType: [34, "pnp"],
  sessionInputName: [36, "pnpp"],
  sessionOutputName: [37, "pnpp"],
  createTensorOverMemory: [49, "ppnpnip"],
  tensorData: [51, "pp"],
  tensorInfoOfType: [55, "pp"],
  elementType: [60, "pp"],
  dimensionCount: [61, "pp"],
  dimensions: [62, "ppn"],
  tensorInfo: [65, "pp"],
  createCpuMemoryInfo: [69, "iip"],
  allocatorFree: [76, "pp"],
  defaultAllocator: [78, "p"],
  releaseEnvironment: [92, "-p"],
  releaseMemoryInfo: [94, "-p"],
  releaseSession: [95, "-p"],
  releaseValue: [96, "-p"],
  releaseTypeInfo: [98, "-p"],
  releaseTensorInfo: [99, "-p"],
  releaseSessionOptions: [100, "-p"],
  endProfiling: [110, "ppp"],
  createEnvironmentWithPools: [119, "ispp"],
  disablePerSessionThreads: [120, "p"],
  createThreadingOptions: [121, "p"],
  releaseThreadingOptions: [122, "-p"],
  addSessionConfigEntry: [130, "pss"],
  setPoolIntraOpThreads: [147, "pi"],
  setPoolInterOpThreads: [148, "pi"],
  setPoolSpinning: [149, "pi"],
  setPoolDenormalAsZero: [155, "p"],
  appendCuda: [204, "pp"],
  createCudaOptions: [205, "p"],
  releaseCudaOptions: [208, "-p"],
  appendProvider: [216, "psppn"],
} as const;

type FunctionName = keyof typeof functions;
type Argument = Pointer | Slot | ArrayBufferView | string | number | null;

/** Calls on the main thread. @throws Error with ONNX Runtime's message for a bad status */
type Call = (...args: Argument[]) => void;

export type Api = Readonly<Record<FunctionName, Call>> & {
  /**
   * Calls `name` off the main thread, once per list of arguments, in order. `keep` holds the
   * memory behind the addresses until the calls end.
   * @throws CallFailure for the first call that fails; later calls are skipped
   */
  readonly offThread: (
    name: FunctionName,
    argumentLists: readonly (readonly PlainArgument[])[],
    keep: readonly unknown[],
  ) => Promise<void>;
  readonly version: string;
};

/** ONNX Runtime's message and the index of the failed call of `offThread`. */
export class CallFailure extends Error {
  readonly index: number;

  constructor(message: string, index: number) {
    super(message);
    this.index = index;
  }
}

// koffi frees unreferenced libraries and prototypes even while their functions are in use elsewhere,
// so opened libraries stay referenced until the process ends.
const pinned: unknown[] = [];

/** Requested version of the C API; the functions in use exist since 14 (ONNX Runtime 1.14). */
const apiVersion = 17;

/** Stack size, bytes: kernels recurse and keep large blocks on the stack; koffi's maximum. */
const stackSize = 16 << 20;

/**
 * Opens the shared library at `path`.
 *
 * @throws UserError if the file is not a loadable ONNX Runtime library or too old
 */
export function openApi(path: string): Api {
  const base = loadBase(path);
  const getApi = koffi.decode(koffi.decode(base, 0, "void *"), proto("void *", ["uint32_t"]));
  const getVersion = koffi.decode(koffi.decode(base, 8, "void *"), proto("const char *", []));
  const version: string = getVersion();
  const table = getApi(apiVersion);
  if (table === null) {
    throw new UserError(
      `${path} is ONNX Runtime ${version}, which lacks API version ${apiVersion}; use ONNX Runtime 1.${apiVersion} or newer`,
    );
  }
  const addressAt = (index: number): Pointer => koffi.decode(table, index * 8, "void *");
  const at = (index: number, result: string, args: string[]) =>
    koffi.decode(addressAt(index), proto(result, args));
  const errorMessage = at(2, "const char *", ["void *"]);
  const releaseStatus = at(93, "void", ["void *"]);
  pinned.push(getApi, getVersion, errorMessage, releaseStatus);

  const takeMessage = (status: Pointer): string => {
    const message: string = errorMessage(status);
    releaseStatus(status);
    return message;
  };
  const natives = new Map<string, NativeFunction>();
  const calls: Record<string, Call> = {};
  for (const [name, [index, signature]] of Object.entries(functions)) {
    const silent = signature.startsWith("-");
    const letters = [...signature.slice(silent ? 1 : 0)] as (keyof typeof argumentTypes)[];
    const types = letters.map((letter) => argumentTypes[letter]);
    const native = at(index, silent ? "void" : "void *", types);
    pinned.push(native);
    natives.set(name, { at: addressAt(index), types });
    calls[name] = silent
      ? native
      : (...args) => {
          const status: Pointer | null = native(...args);
          if (status !== null) throw new Error(takeMessage(status));
        };
  }
  let thread: ReturnType<typeof startNativeThread> | undefined;
  const offThread: Api["offThread"] = async (name, argumentLists, keep) => {
    thread ??= startNativeThread(path, stackSize);
    const bad = await thread.call(natives.get(name)!, argumentLists, keep);
    if (bad !== undefined) throw new CallFailure(takeMessage(bad.status), bad.index);
  };
  return { ...(calls as Record<FunctionName, Call>), offThread, version };
}

/**
 * Keeps ONNX Runtime from starting its telemetry client, which writes files outside the run directory
 * and looks up a host. The library reads the variable while it creates its environment, so the setting
 * must precede loading; the API's own switch comes too late.
 */
function disableTelemetry(): void {
  process.env.ORT_DISABLE_TELEMETRY = "1";
  if (isMainThread) return;
  // The environment of a worker thread is a copy; the library reads that of the process.
  const windows = process.platform === "win32";
  const system = koffi.load(windows ? "ucrtbase.dll" : null);
  const set = windows
    ? system.func("_putenv_s", "int", ["const char *", "const char *"])
    : system.func("setenv", "int", ["const char *", "const char *", "int"]);
  set(...["ORT_DISABLE_TELEMETRY", "1", ...(windows ? [] : [1])]);
  pinned.push(system, set);
}

function proto(result: string, args: string[]) {
  const made = koffi.proto(result, args);
  pinned.push(made);
  return made;
}

function loadBase(path: string): Pointer {
  disableTelemetry();
  try {
    if (process.platform === "linux") {
      // Threads of the library outlive its unloading by koffi at exit and then crash:
      // RTLD_NOW | RTLD_NODELETE keeps the library mapped.
      const libc = koffi.load(null);
      const dlopen = libc.func("dlopen", "void *", ["const char *", "int"]);
      dlopen(path, 0x1002);
      pinned.push(libc, dlopen);
    }
    const library = koffi.load(path);
    const getBase = library.func("OrtGetApiBase", "void *", []);
    pinned.push(library, getBase);
    return getBase();
  } catch (cause) {
    throw new UserError(
      `${path} cannot be loaded as an ONNX Runtime library: ${(cause as Error).message}`,
      { cause },
    );
  }
}

/** The C string at `pointer`. */
export function readString(pointer: Pointer): string {
  return koffi.decode.string(pointer);
}

/** The memory of `length` bytes at `pointer`, without copying. */
export function memoryAt(pointer: Pointer, length: number): ArrayBuffer {
  return koffi.view(pointer, length);
}

/**
 * Address of the first element of a typed array.
 *
 * V8 keeps small typed arrays on its moving heap until their `buffer` is accessed; from then on their
 * memory stays in place while the array is referenced.
 */
export function addressOf(data: ArrayBufferView): Pointer {
  if (data.buffer.byteLength === 0) return 0n;
  return koffi.address(data);
}
