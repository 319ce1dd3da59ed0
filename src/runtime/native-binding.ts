/** A session's tensors over JavaScript memory that stays in place. */
import type { NdArray } from "../graph/array.ts";
import { checkArray, checkInputs, findPort, type Ports } from "./checks.ts";
import { runFailure } from "./failure.ts";
import type { HandleCounts } from "./handles.ts";
import type { Plan } from "./native-plan.ts";
import type { Tensors } from "./native-tensor.ts";
import type { Binding } from "./session.ts";

/** What a binding needs from its session. */
export interface BindingHost {
  readonly inputs: Ports;
  readonly outputs: Ports;
  readonly tensors: Tensors;
  readonly handles: HandleCounts;
  readonly explain: ((nodeName: string) => string | undefined) | undefined;
  plan(inputNames: readonly string[], outputNames: readonly string[]): Plan;
  /** Runs `work` with the native session, which is not freed before it ends. */
  use<T>(work: (session: bigint) => T): T;
  /** Called once when the binding is disposed of. */
  forget(binding: Binding): void;
}

/** Inputs and outputs tied to memory; see `Session.bind`. */
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
  const start = (): void => {
    if (disposed) throw new Error("the binding was disposed of; bind the session again");
    if (running) {
      throw new Error("the binding is running; await its run, or bind the session a second time");
    }
    running = true;
  };
  const end = (): void => {
    running = false;
    if (disposed) releaseAll();
  };
  const binding: Binding = {
    run: async () => {
      start();
      try {
        await host.use((session) => plan.run(session));
      } catch (error) {
        throw runFailure(error, host.explain);
      } finally {
        end();
      }
    },
    runSync: () => {
      start();
      try {
        host.use((session) => plan.runSync(session));
      } catch (error) {
        throw runFailure(error, host.explain);
      } finally {
        end();
      }
    },
    rebind: (name, to) => {
      if (disposed) throw new Error("the binding was disposed of; bind the session again");
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
  return binding;
}
