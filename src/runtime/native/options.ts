/** Session options: threads, execution provider, profile. */
import { availableParallelism } from "node:os";
import { UserError, usageError } from "../../graph/errors.ts";
import { withoutSource } from "../failure.ts";
import type { HandleCounts } from "../handles.ts";
import type { SessionOptions } from "../session.ts";
import { type Api, addressOf, type Pointer, slots } from "./api.ts";
import type { PoolSettings } from "./environment.ts";

/**
 * Number of worker threads in the options.
 *
 * @throws UserError (exit code 2) for an invalid number of threads
 */
export function poolSettings(options: SessionOptions): PoolSettings {
  const threads = options.threads ?? Math.min(16, availableParallelism());
  if (!Number.isInteger(threads) || threads < 1) {
    throw usageError(`threads must be a whole number >= 1, got ${threads}`);
  }
  return { threads, spin: options.spin ?? true };
}

/**
 * Native session options; the caller releases them with `releaseOptions`.
 *
 * @throws UserError (exit code 2) for an unknown or unavailable provider
 */
export function createOptions(
  api: Api,
  handles: HandleCounts,
  options: SessionOptions,
  shared: PoolSettings,
): Pointer {
  const slot = slots(1);
  api.createSessionOptions(slot);
  const pointer = slot[0]!;
  handles.add("sessionOptions");
  try {
    fill(api, pointer, options, shared);
  } catch (error) {
    releaseOptions(api, handles, pointer);
    throw error;
  }
  return pointer;
}

export function releaseOptions(api: Api, handles: HandleCounts, pointer: Pointer): void {
  api.releaseSessionOptions(pointer);
  handles.remove("sessionOptions");
}

function fill(api: Api, pointer: Pointer, options: SessionOptions, shared: PoolSettings): void {
  const wanted = poolSettings(options);
  const allOptimizations = 99;
  api.setGraphOptimizationLevel(pointer, allOptimizations);
  api.addSessionConfigEntry(pointer, "session.set_denormal_as_zero", "1");
  if (wanted.threads === shared.threads && wanted.spin === shared.spin) {
    api.disablePerSessionThreads(pointer);
  } else {
    api.setIntraOpThreads(pointer, wanted.threads);
    api.setInterOpThreads(pointer, 1);
    api.addSessionConfigEntry(pointer, "session.intra_op.allow_spinning", wanted.spin ? "1" : "0");
  }
  if (options.memoryPattern === false) api.disableMemoryPattern(pointer);
  if (options.profile !== undefined) api.enableProfiling(pointer, pathString(options.profile));
  appendProvider(api, pointer, options.provider ?? "cpu");
}

/** ONNX Runtime takes paths as UTF-16 on Windows and as UTF-8 elsewhere. */
function pathString(path: string): Uint8Array {
  const encoding = process.platform === "win32" ? "utf16le" : "utf8";
  const text = Buffer.from(`${path}\0`, encoding);
  const stable = new Uint8Array(new ArrayBuffer(text.length));
  stable.set(text);
  return stable;
}

function appendProvider(api: Api, pointer: Pointer, provider: string): void {
  if (provider === "cpu") return;
  const append = { webgpu: appendWebGpu, cuda: appendCuda }[provider];
  if (append === undefined) {
    throw usageError(`the native runtime has no provider "${provider}"; use cpu, webgpu or cuda`);
  }
  try {
    append(api, pointer);
  } catch (cause) {
    const reason = withoutSource((cause as Error).message);
    throw new UserError(
      `the execution provider ${provider} is not available: ${reason}; use provider cpu`,
      { cause },
    );
  }
}

function appendWebGpu(api: Api, pointer: Pointer): void {
  // int64 arithmetic on the device is off by default and would fall back to the CPU.
  const [key, value] = [cString("enableInt64"), cString("1")];
  const [keys, values] = [slots(1), slots(1)];
  keys[0] = addressOf(key);
  values[0] = addressOf(value);
  api.appendProvider(pointer, "WebGPU", keys, values, 1);
}

function appendCuda(api: Api, pointer: Pointer): void {
  const slot = slots(1);
  api.createCudaOptions(slot);
  const settings = slot[0]!;
  try {
    api.appendCuda(pointer, settings);
  } finally {
    api.releaseCudaOptions(settings);
  }
}

/** A zero-terminated UTF-8 string at a fixed address while referenced. */
export function cString(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  const stable = new Uint8Array(new ArrayBuffer(bytes.length + 1));
  stable.set(bytes);
  return stable;
}
