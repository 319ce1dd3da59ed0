/** The name and value arrays of one call in native form. */
import { addressOf, type Pointer, type Slot, slots } from "./api.ts";
import type { PlainArgument } from "./thread.ts";

/** Arguments of ONNX Runtime's `Run`, at fixed addresses. */
export interface Plan {
  readonly inputs: Slot;
  readonly outputs: Slot;
  /** Names and their arrays; addresses are valid while the plan is referenced. */
  readonly keep: readonly unknown[];
  argumentsFor(session: Pointer): readonly PlainArgument[];
}

/** Addresses of C strings by name; `keep` holds their memory. */
export interface NameTable {
  readonly addressOf: ReadonlyMap<string, Pointer>;
  readonly keep: readonly Uint8Array[];
}

export function makePlan(
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
  const args = [
    null, // run options
    addressOf(inNames),
    addressOf(inputs),
    inputNames.length,
    addressOf(outNames),
    outputNames.length,
    addressOf(outputs),
  ];
  return {
    inputs,
    outputs,
    keep: [names, inNames, outNames],
    argumentsFor: (session) => [session, ...args],
  };
}
