/** A session of onnxruntime-web and its bindings. */
import type { InferenceSession, Tensor } from "onnxruntime-web";
import type { NdArray } from "../../graph/array.ts";
import { UserError } from "../../graph/errors.ts";
import { checkArray, checkInputs, findPort, type Ports, ports } from "../checks.ts";
import { runFailure } from "../failure.ts";
import type { HandleCounts } from "../handles.ts";
import type { Binding, Session, SessionOptions } from "../session.ts";

/** The parts of onnxruntime-web in use. */
export interface WebLibrary {
  readonly InferenceSession: {
    create(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  readonly Tensor: new (
    type: Tensor.Type,
    data: Tensor.DataType,
    dims: readonly number[],
  ) => Tensor;
}

/** Serialises work: the package forbids overlapping runs on WebGPU. */
export type RunQueue = <T>(work: () => Promise<T>) => Promise<T>;

/** A queue that runs one piece of work after another. */
export function runQueue(): RunQueue {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
}

/**
 * Loads a model into onnxruntime-web.
 *
 * @throws Error if the model cannot be loaded, and from `run` if a run fails
 */
export async function createWebSession(
  library: WebLibrary,
  handles: HandleCounts,
  queue: RunQueue,
  model: Uint8Array,
  options: InferenceSession.SessionOptions,
  explain: SessionOptions["explain"],
): Promise<Session> {
  const inner = await queue(() => library.InferenceSession.create(model, options)).catch(
    (cause: unknown) => {
      throw new Error(`the model cannot be loaded: ${messageOf(cause)}`, { cause });
    },
  );
  handles.add("sessions");
  const inputs = portsOf("input", inner.inputMetadata);
  const outputs = portsOf("output", inner.outputMetadata);
  const bindings = new Set<Binding>();
  let disposed = false;
  const refuseDisposed = (): void => {
    if (disposed) throw new Error("the session was disposed of; create it again");
  };
  const feed = ({ dtype, data, shape }: NdArray): Tensor => {
    if (dtype === "bfloat16") {
      throw new UserError("ONNX Runtime in WebAssembly reads no bfloat16; widen it to float32");
    }
    return new library.Tensor(dtype, data as Tensor.DataType, shape);
  };
  const fetch = (feeds: Record<string, Tensor>, names: readonly string[]) =>
    queue(async () => {
      try {
        return await inner.run(feeds, names);
      } catch (error) {
        throw runFailure(error, explain);
      }
    });

  const bind = (given: Readonly<Record<string, NdArray>>, results: Record<string, NdArray>) => {
    checkInputs(inputs, given);
    for (const [name, value] of Object.entries(results)) checkArray(outputs, name, value);
    const outputNames = Object.keys(results);
    if (outputNames.length === 0) {
      throw new RangeError(
        `a binding needs at least one output; the session has ${session.outputNames.join(", ")}`,
      );
    }
    const feeds = Object.fromEntries(Object.entries(given).map(([name, v]) => [name, feed(v)]));
    let closed = false;
    let running = false;
    handles.add("bindings");
    const refuseClosed = (): void => {
      if (closed) throw new Error("the binding was disposed of; bind the session again");
    };
    const binding: Binding = {
      run: async () => {
        refuseClosed();
        refuseDisposed();
        if (running) {
          throw new Error(
            "the binding is running; await its run, or bind the session a second time",
          );
        }
        running = true;
        try {
          const fetched = await fetch(feeds, outputNames);
          for (const name of outputNames) copyInto(results[name]!, fetched[name]!, name);
        } finally {
          running = false;
        }
      },
      rebind: (name, to) => {
        refuseClosed();
        if (running) throw new Error(`"${name}" cannot be bound to other memory during a run`);
        if (name in feeds) {
          checkArray(inputs, name, to);
          feeds[name] = feed(to);
          return;
        }
        findPort(outputs, name);
        if (!(name in results)) {
          throw new RangeError(
            `output "${name}" is not bound; bound are ${outputNames.join(", ")}`,
          );
        }
        checkArray(outputs, name, to);
        results[name] = to;
      },
      dispose: () => {
        if (closed) return;
        closed = true;
        bindings.delete(binding);
        handles.remove("bindings");
      },
      [Symbol.dispose]: () => binding.dispose(),
    };
    bindings.add(binding);
    return binding;
  };

  const session: Session = {
    inputNames: inner.inputNames,
    outputNames: inner.outputNames,
    run: async (given, outputNames = inner.outputNames) => {
      refuseDisposed();
      checkInputs(inputs, given);
      for (const name of outputNames) findPort(outputs, name);
      const feeds = Object.fromEntries(Object.entries(given).map(([name, v]) => [name, feed(v)]));
      const fetched = await fetch(feeds, outputNames);
      return Object.fromEntries(outputNames.map((name) => [name, toArray(fetched[name]!)]));
    },
    bind: (given, results) => {
      refuseDisposed();
      return bind(given, { ...results });
    },
    dispose: () => {
      if (disposed) return;
      for (const binding of [...bindings]) binding.dispose();
      disposed = true;
      handles.remove("sessions");
      void queue(() => inner.release());
    },
    [Symbol.dispose]: () => session.dispose(),
  };
  return session;
}

function portsOf(kind: "input" | "output", metadata: InferenceSession["inputMetadata"]): Ports {
  const list = metadata.map((port) => {
    if (!port.isTensor) return { name: port.name, dtype: "no tensor", shape: undefined };
    const shape = port.shape.map((dim) => (typeof dim === "number" ? dim : undefined));
    // An empty shape means a scalar or an unknown shape.
    return { name: port.name, dtype: port.type, shape: shape.length === 0 ? undefined : shape };
  });
  return ports(kind, list);
}

function toArray(tensor: Tensor): NdArray {
  const { type, dims, data } = tensor;
  return { dtype: type, shape: [...dims], data } as NdArray;
}

function copyInto(target: NdArray, source: Tensor, name: string): void {
  if (source.dims.join() !== target.shape.join()) {
    throw new RangeError(
      `output "${name}" has shape [${source.dims.join(", ")}], but the bound array has [${target.shape.join(", ")}]`,
    );
  }
  (target.data as Float32Array).set(source.data as Float32Array);
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message.trim() : String(cause);
}
