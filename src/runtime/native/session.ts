/** A session of the native library. */
import type { NdArray } from "../../graph/array.ts";
import { checkInputs, findPort, type PortInfo, type Ports, ports } from "../checks.ts";
import { elementTypeName } from "../element-types.ts";
import { runFailure } from "../failure.ts";
import type { HandleCounts } from "../handles.ts";
import type { Binding, Session, SessionOptions } from "../session.ts";
import { type Api, addressOf, type Pointer, readString, slots } from "./api.ts";
import { type BindingHost, bindNative } from "./binding.ts";
import type { EnvironmentKeeper } from "./environment.ts";
import { createOptions, cString, poolSettings, releaseOptions } from "./options.ts";
import { makePlan, type NameTable } from "./plan.ts";
import { readTensorInfo } from "./tensor.ts";

/**
 * Loads a model off the main thread.
 *
 * @throws Error if the model cannot be loaded, and from `run` if a run fails
 */
export async function createNativeSession(
  api: Api,
  handles: HandleCounts,
  keeper: EnvironmentKeeper,
  model: Uint8Array,
  options: SessionOptions,
): Promise<Session> {
  const environment = keeper.acquire(poolSettings(options));
  let native: Pointer;
  try {
    const created = slots(1);
    const settings = createOptions(api, handles, options, environment.pool);
    try {
      const at = addressOf(model);
      const args = [environment.pointer, at, model.byteLength, settings, addressOf(created)];
      await api.offThread("createSessionFromArray", [args], [model, created]);
    } catch (cause) {
      throw new Error(`the model cannot be loaded: ${(cause as Error).message.trim()}`, { cause });
    } finally {
      releaseOptions(api, handles, settings);
    }
    native = created[0]!;
  } catch (error) {
    keeper.release();
    throw error;
  }
  handles.add("sessions");
  let disposed = false;
  let runs = 0;
  const bindings = new Set<Binding>();
  const release = (): void => {
    api.releaseSession(native);
    handles.remove("sessions");
    keeper.release();
  };
  let inputs: Ports;
  let outputs: Ports;
  try {
    inputs = ports("input", readPorts(api, handles, native, "input"));
    outputs = ports("output", readPorts(api, handles, native, "output"));
  } catch (error) {
    release();
    throw error;
  }
  const names = nameTable([inputs, outputs]);

  const refuseDisposed = (): void => {
    if (disposed) throw new Error("the session was disposed of; create it again");
  };
  const host: BindingHost = {
    api,
    inputs,
    outputs,
    tensors: environment.tensors,
    handles,
    explain: options.explain,
    plan: (inputNames, outputNames) => makePlan(names, inputNames, outputNames),
    enter: () => {
      refuseDisposed();
      runs++;
      return native;
    },
    leave: () => {
      runs--;
      if (disposed && runs === 0) release();
    },
    forget: (binding) => bindings.delete(binding),
  };
  const session: Session = {
    inputNames: [...inputs.byName.keys()],
    outputNames: [...outputs.byName.keys()],
    run: async (given, outputNames = session.outputNames) => {
      refuseDisposed();
      return runOnce(host, given, outputNames);
    },
    bind: (given, results) => {
      refuseDisposed();
      const binding = bindNative(host, given, results);
      bindings.add(binding);
      return binding;
    },
    endProfiling: () => {
      refuseDisposed();
      if (runs > 0) throw new Error("the session is running; await its run to end the profile");
      if (options.profile === undefined) {
        throw new Error("the session writes no profile; create it with the option profile");
      }
      return endProfiling(api, native);
    },
    dispose: () => {
      if (disposed) return;
      for (const binding of [...bindings]) binding.dispose();
      disposed = true;
      if (runs === 0) release();
    },
    [Symbol.dispose]: () => session.dispose(),
  };
  return session;
}

async function runOnce(
  host: BindingHost,
  given: Readonly<Record<string, NdArray>>,
  outputNames: readonly string[],
): Promise<Record<string, NdArray>> {
  checkInputs(host.inputs, given);
  for (const name of outputNames) findPort(host.outputs, name);
  const inputNames = Object.keys(given);
  const { api, tensors } = host;
  const plan = host.plan(inputNames, outputNames);
  const native = host.enter();
  try {
    inputNames.forEach((name, index) => {
      plan.inputs[index] = tensors.over(given[name]!);
    });
    const call = plan.argumentsFor(native);
    await api.offThread("run", [call], [plan, given]).catch((error: unknown) => {
      throw runFailure(error, host.explain);
    });
    for (const output of plan.outputs) if (output !== 0n) tensors.adopt(output);
    return Object.fromEntries(
      outputNames.map((name, index) => [name, tensors.read(plan.outputs[index]!, name)]),
    );
  } finally {
    for (const tensor of [...plan.inputs, ...plan.outputs]) {
      if (tensor !== 0n) tensors.release(tensor);
    }
    host.leave();
  }
}

function readPorts(
  api: Api,
  handles: HandleCounts,
  session: Pointer,
  kind: "input" | "output",
): PortInfo[] {
  const slot = slots(1);
  api.defaultAllocator(slot);
  const allocator = slot[0]!;
  const [count, nameOf, typeOf] =
    kind === "input"
      ? ([api.sessionInputCount, api.sessionInputName, api.sessionInputType] as const)
      : ([api.sessionOutputCount, api.sessionOutputName, api.sessionOutputType] as const);
  count(session, slot);
  return Array.from({ length: Number(slot[0]) }, (_, index) => {
    nameOf(session, index, allocator, slot);
    const name = readString(slot[0]!);
    api.allocatorFree(allocator, slot[0]!);
    typeOf(session, index, slot);
    const type = slot[0]!;
    handles.add("typeInfos");
    try {
      api.tensorInfoOfType(type, slot); // null if it is not a tensor
      if (slot[0] === 0n) return { name, dtype: "no tensor", shape: undefined };
      const { code, shape } = readTensorInfo(api, slot[0]!);
      const dims = shape.map((dim) => (dim < 0 ? undefined : dim));
      return { name, dtype: elementTypeName(code), shape: dims };
    } finally {
      api.releaseTypeInfo(type);
      handles.remove("typeInfos");
    }
  });
}

function nameTable(all: readonly Ports[]): NameTable {
  const keep: Uint8Array[] = [];
  const addresses = new Map<string, Pointer>();
  for (const name of all.flatMap((each) => [...each.byName.keys()])) {
    const text = cString(name);
    keep.push(text);
    addresses.set(name, addressOf(text));
  }
  return { addressOf: addresses, keep };
}

function endProfiling(api: Api, session: Pointer): string {
  const slot = slots(1);
  api.defaultAllocator(slot);
  const allocator = slot[0]!;
  api.endProfiling(session, allocator, slot);
  const name = readString(slot[0]!);
  api.allocatorFree(allocator, slot[0]!);
  return name;
}
