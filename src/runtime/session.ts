/** What every backend offers: load an ONNX model, bind its tensors to memory, run it. */
import type { NdArray } from "../graph/array.ts";

export interface SessionOptions {
  /** Threads inside one operator; default: what the machine has, at most 16. */
  readonly threads?: number;
  /** Execution provider; default `cpu` (native) or `wasm` (web). */
  readonly provider?: "cpu" | "cuda" | "webgpu" | "wasm";
  /** Workers spin while they wait: faster steps, busier cores. Default true. */
  readonly spin?: boolean;
  /**
   * Plans the memory of all intermediate values as one block, from the sizes of the first run.
   * Values whose sizes change from run to run, as the rows of an expert do, are allocated beside
   * it, so that a step of the benchmark model at width 512 needs 0.55 GB more. Default true.
   */
  readonly memoryPattern?: boolean;
  /** Writes a trace of every operator (Chrome trace format) to files with this prefix. */
  readonly profile?: string;
  /** Turns a node name of a failure into a place in the model function. */
  readonly explain?: (nodeName: string) => string | undefined;
}

export interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** Runs once on the given arrays and returns fresh ones; for tests, examples and evaluation. */
  run(
    inputs: Readonly<Record<string, NdArray>>,
    outputNames?: readonly string[],
  ): Promise<Record<string, NdArray>>;
  /**
   * Ties inputs and outputs to memory that stays in place over many runs. Outputs left out are
   * not fetched. The arrays' buffers must not be transferred to another thread while bound.
   */
  bind(
    inputs: Readonly<Record<string, NdArray>>,
    outputs: Readonly<Record<string, NdArray>>,
  ): Binding;
  /** Ends a profile that `SessionOptions.profile` began and gives the name of its file. */
  endProfiling?(): string;
  /**
   * Frees the session and its bindings; after a run in flight, which ends first.
   * A second call does nothing.
   */
  dispose(): void;
  [Symbol.dispose](): void;
}

/** A session with all its tensors in place; `run` reads the inputs' memory and fills the outputs'. */
export interface Binding {
  run(): Promise<void>;
  /** Points one input or output at other memory of the same type; the shape may differ. */
  rebind(name: string, to: NdArray): void;
  dispose(): void;
  [Symbol.dispose](): void;
}

export interface Runtime {
  readonly name: "native" | "web";
  /** Whether every run copies its inputs; else they are read where they lie. */
  readonly copiesInputs: boolean;
  createSession(model: Uint8Array, options?: SessionOptions): Promise<Session>;
  /**
   * Runs bindings one after another, in order, for the price of handing over one: many small
   * graphs cost their own time and little more. A failure ends the row.
   */
  runAll(bindings: readonly Binding[]): Promise<void>;
  /** Live native handles by kind (sessions, tensors, ...); all zero once everything is disposed of. */
  liveHandles(): Readonly<Record<string, number>>;
}
