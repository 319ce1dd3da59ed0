/** The interface of all backends: load an ONNX model, bind its tensors to memory, run it. */
import type { NdArray } from "../graph/array.ts";

export interface SessionOptions {
  /** Threads inside one operator; default: all cores, at most 16. */
  readonly threads?: number;
  /** Execution provider; default `cpu` (native) or `wasm` (web). */
  readonly provider?: "cpu" | "cuda" | "webgpu" | "wasm";
  /** Workers spin while they wait: faster steps, busier cores. Default true. */
  readonly spin?: boolean;
  /**
   * Plans the memory of all intermediate values as one block, from the sizes of the first run.
   * Values whose sizes vary, such as the rows of an expert, are allocated in addition: 0.55 GB more
   * for a step of the benchmark model at width 512. Default true.
   */
  readonly memoryPattern?: boolean;
  /** Writes a trace of every operator (Chrome trace format) to files with this prefix. */
  readonly profile?: string;
  /** Maps the node name of a failure to a place in the model function. */
  readonly explain?: (nodeName: string) => string | undefined;
}

export interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** Runs once on arrays and returns new arrays; for tests, examples and evaluation. */
  run(
    inputs: Readonly<Record<string, NdArray>>,
    outputNames?: readonly string[],
  ): Promise<Record<string, NdArray>>;
  /**
   * Binds inputs and outputs to memory that is reused by many runs. Omitted outputs are not fetched.
   * Buffers must not be transferred to another thread while bound.
   */
  bind(
    inputs: Readonly<Record<string, NdArray>>,
    outputs: Readonly<Record<string, NdArray>>,
  ): Binding;
  /** Ends the profile started by `SessionOptions.profile` and returns the name of its file. */
  endProfiling?(): string;
  /**
   * Frees the session and its bindings, after any run in flight. A second call has no effect.
   */
  dispose(): void;
  [Symbol.dispose](): void;
}

/** A session with bound tensors; `run` reads the memory of the inputs and fills the outputs. */
export interface Binding {
  run(): Promise<void>;
  /** Binds one input or output to other memory of the same type; the shape may differ. */
  rebind(name: string, to: NdArray): void;
  dispose(): void;
  [Symbol.dispose](): void;
}

export interface Runtime {
  readonly name: "native" | "web";
  /** Whether every run copies its inputs; otherwise they are read in place. */
  readonly copiesInputs: boolean;
  createSession(model: Uint8Array, options?: SessionOptions): Promise<Session>;
  /**
   * Runs bindings in order with one handover to the background thread, so that many small graphs
   * cost little more than their own time. Stops at the first failure.
   */
  runAll(bindings: readonly Binding[]): Promise<void>;
  /** Live native handles by kind (sessions, tensors, ...); all zero after everything was disposed of. */
  liveHandles(): Readonly<Record<string, number>>;
}
