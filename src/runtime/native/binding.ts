/** Bindings: a session's tensors over JavaScript memory with fixed addresses. */
import type { NdArray } from "../../graph/array.ts";
import { checkArray, checkInputs, findPort, type Ports } from "../checks.ts";
import { runFailure } from "../failure.ts";
import type { HandleCounts } from "../handles.ts";
import type { Binding } from "../session.ts";
import { type Api, CallFailure, type Pointer } from "./api.ts";
import type { Plan } from "./plan.ts";
import type { Tensors } from "./tensor.ts";
import type { PlainArgument } from "./thread.ts";

/** What a binding needs from its session. */
export interface BindingHost {
  readonly api: Api;
  readonly inputs: Ports;
  readonly outputs: Ports;
  readonly tensors: Tensors;
  readonly handles: HandleCounts;
  readonly explain: ((nodeName: string) => string | undefined) | undefined;
  plan(inputNames: readonly string[], outputNames: readonly string[]): Plan;
  /** The native session, kept alive until `leave`. @throws Error if it was disposed of */
  enter(): Pointer;
  leave(): void;
  /** Called once, on disposal of the binding. */
  forget(binding: Binding): void;
}

/**
 * Binds inputs and outputs to memory; see `Session.bind`.
 *
 * @throws RangeError without outputs, and from `run` Error if the run fails
 */
export function bindNative(
  host: BindingHost,
  inputs: Readonly<Record<string, NdArray>>,
  outputs: Readonly<Record<string, NdArray>>,
): Binding {
  checkInputs(host.inputs, inputs);
  for (const [name, value] of Object.entries(outputs)) checkArray(host.outputs, name, value);
  const inputNames = Object.keys(inputs);
  const outputNames = Object.keys(outputs);
  if (outputNames.length === 0) {
    throw new RangeError(
      `a binding needs at least one output; the session has ${[...host.outputs.byName.keys()].join(", ")}`,
    );
  }
  const plan = host.plan(inputNames, outputNames);
  const arrays = new Map<string, NdArray>(); // keeps the bound memory referenced
  const place = (values: BigUint64Array, index: number, key: string, to: NdArray): void => {
    const tensor = host.tensors.over(to);
    if (values[index] !== 0n) host.tensors.release(values[index]!);
    values[index] = tensor;
    arrays.set(key, to);
  };
  const releaseAll = (): void => {
    for (const values of [plan.inputs, plan.outputs]) {
      for (const tensor of values) if (tensor !== 0n) host.tensors.release(tensor);
      values.fill(0n);
    }
    arrays.clear();
    host.handles.remove("bindings");
  };
  host.handles.add("bindings");
  try {
    inputNames.forEach((name, i) => {
      place(plan.inputs, i, `input ${name}`, inputs[name]!);
    });
    outputNames.forEach((name, i) => {
      place(plan.outputs, i, `output ${name}`, outputs[name]!);
    });
  } catch (error) {
    releaseAll();
    throw error;
  }

  let running = false;
  let disposed = false;
  const refuseDisposed = (): void => {
    if (disposed) throw new Error("the binding was disposed of; bind the session again");
  };
  const run: BoundRun = {
    explain: host.explain,
    begin: () => {
      refuseDisposed();
      if (running) {
        throw new Error("the binding is running; await its run, or bind the session a second time");
      }
      const args = plan.argumentsFor(host.enter());
      running = true;
      return args;
    },
    end: () => {
      running = false;
      if (disposed) releaseAll();
      host.leave();
    },
  };
  const binding: Binding = {
    run: () => runBindings(host.api, [binding]),
    rebind: (name, to) => {
      refuseDisposed();
      if (running) throw new Error(`"${name}" cannot be bound to other memory during a run`);
      const input = inputNames.indexOf(name);
      if (input >= 0) {
        checkArray(host.inputs, name, to);
        place(plan.inputs, input, `input ${name}`, to);
        return;
      }
      const output = outputNames.indexOf(name);
      if (output < 0) {
        findPort(host.outputs, name);
        throw new RangeError(`output "${name}" is not bound; bound are ${outputNames.join(", ")}`);
      }
      checkArray(host.outputs, name, to);
      place(plan.outputs, output, `output ${name}`, to);
    },
    dispose: () => {
      if (disposed) return;
      disposed = true;
      host.forget(binding);
      if (!running) releaseAll();
    },
    [Symbol.dispose]: () => binding.dispose(),
  };
  bound.set(binding, run);
  return binding;
}

/** What `runBindings` needs of a binding. */
interface BoundRun {
  readonly explain: ((nodeName: string) => string | undefined) | undefined;
  /** Marks the binding as running and returns the arguments of its call. */
  begin(): readonly PlainArgument[];
  end(): void;
}

const bound = new WeakMap<Binding, BoundRun>();

/**
 * Runs bindings of any native sessions one after another; see `Runtime.runAll`.
 *
 * @throws TypeError for bindings of another runtime, Error if a run fails
 */
export async function runBindings(api: Api, bindings: readonly Binding[]): Promise<void> {
  const begun: BoundRun[] = [];
  try {
    const calls = bindings.map((binding) => {
      const run = bound.get(binding);
      if (run === undefined) throw new TypeError("runAll takes bindings of its own runtime only");
      const call = run.begin();
      begun.push(run);
      return call;
    });
    await api.offThread("run", calls, begun).catch((error: unknown) => {
      const explain = error instanceof CallFailure ? begun[error.index]!.explain : undefined;
      throw runFailure(error, explain);
    });
  } finally {
    for (const run of begun) run.end();
  }
}
