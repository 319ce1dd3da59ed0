/** The name and value arrays of one call, laid out once in native form. */
import { type Api, addressOf, type Pointer, type Slot, slots } from "./native-api.ts";

/** Arguments of ONNX Runtime's `Run` after session and options, kept in memory that never moves. */
export interface Plan {
  readonly inputs: Slot;
  readonly outputs: Slot;
  /** Runs on the calling thread. */
  runSync(session: Pointer): void;
  /** Runs on a thread of its own. */
  run(session: Pointer): Promise<void>;
}

/** Addresses of C strings by name; `keep` holds their memory. */
export interface NameTable {
  readonly addressOf: ReadonlyMap<string, Pointer>;
  readonly keep: readonly Uint8Array[];
}

export function makePlan(
  api: Api,
  names: NameTable,
  inputNames: readonly string[],
  outputNames: readonly string[],
): Plan {
  const nameArray = (list: readonly string[]): Slot => {
    const array = slots(list.length);
    list.forEach((name, index) => {
      array[index] = names.addressOf.get(name)!;
    });
    return array;
  };
  const inNames = nameArray(inputNames);
  const outNames = nameArray(outputNames);
  const inputs = slots(inputNames.length);
  const outputs = slots(outputNames.length);
  const at = [inNames, inputs, outNames, outputs].map(addressOf) as [
    Pointer,
    Pointer,
    Pointer,
    Pointer,
  ];
  // The native side holds addresses only: the closures below must keep the arrays alive.
  const keep = { names, inNames, outNames, inputs, outputs };
  const [inNamesAt, inputsAt, outNamesAt, outputsAt] = at;
  const numInputs = inputNames.length;
  const numOutputs = outputNames.length;
  return {
    inputs: keep.inputs,
    outputs: keep.outputs,
    runSync: (session) => {
      api.run(session, null, inNamesAt, inputsAt, numInputs, outNamesAt, numOutputs, outputsAt);
      void keep;
    },
    run: async (session) => {
      await api.async(
        "run",
        session,
        null,
        inNamesAt,
        inputsAt,
        numInputs,
        outNamesAt,
        numOutputs,
        outputsAt,
      );
      void keep;
    },
  };
}
