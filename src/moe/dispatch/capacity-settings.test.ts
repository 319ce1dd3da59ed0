import { describe, expect, test } from "vitest";
import { fromSnakeCase } from "../../config/case.ts";
import { array, toNumbers } from "../../graph/array.ts";
import { batch } from "../../graph/shape.ts";
import { runScoped } from "../../nn/scope.fixture.ts";
import { selectTopK } from "../routing.ts";
import { type CapacitySettings, capacityLimit } from "./capacity-settings.ts";
import { dispatchSchema } from "./config.ts";
import { limitCapacity } from "./limit-capacity.ts";

const settingsOf = (settings: object): CapacitySettings =>
  fromSnakeCase(dispatchSchema.parse({ name: "capacity", ...settings })) as CapacitySettings;

interface Case {
  /** Gate of the first of two experts, for each token. */
  readonly gates: readonly number[];
  /** 1 for tokens, 0 for padding; all are tokens by default. */
  readonly mask?: readonly number[];
  readonly settings: object;
  readonly training?: boolean;
  readonly numTokens?: number;
  /** Whether the number of tokens is only known at run time. */
  readonly symbolic?: boolean;
}

/** The tokens that keep an expert. */
async function accepted(given: Case): Promise<number[]> {
  const { gates, mask, settings, training = true, numTokens, symbolic = false } = given;
  const p = array(gates.map((gate) => [gate, 1 - gate]));
  const present = mask && array(mask.map(Boolean), "bool");
  const rows = batch(numTokens ?? 1);
  const { outputs } = await runScoped(
    (_, inputs) => {
      const routing = selectTopK(inputs.p!, inputs.p!, 1, "none");
      const limit = capacityLimit(settingsOf(settings), routing, {
        training,
        numTokens,
        mask: inputs.present,
      });
      const own = inputs.present === undefined ? {} : { mask: inputs.present };
      return { ids: limitCapacity(routing, { ...limit, ...own }).ids };
    },
    {
      inputs: { p, ...(present && { present }) },
      ...(symbolic && { shapes: { p: [rows, 2], ...(present && { present: [rows] }) } }),
    },
  );
  return toNumbers(outputs.ids!).map((id) => (id < 2 ? 1 : 0));
}

/** Eight tokens that all prefer expert 0, with decreasing gates. */
const gates = [0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6];
const even = { capacity_factor: 1 };

describe.each([false, true])("buffers of a batch, size known only at run time: %s", (symbolic) => {
  test("have room for capacity_factor * tokens / experts", async () => {
    expect(await accepted({ gates, settings: even, symbolic })).toEqual([1, 1, 1, 1, 0, 0, 0, 0]);
    const factor = { capacity_factor: 1.5, evaluation_capacity_factor: 0.5 };
    const training = await accepted({ gates, settings: factor, symbolic });
    expect(training).toEqual([1, 1, 1, 1, 1, 1, 0, 0]);
    const evaluation = await accepted({ gates, settings: factor, training: false, symbolic });
    expect(evaluation).toEqual([1, 1, 0, 0, 0, 0, 0, 0]);
  });

  test("get no room from padding at any position", async () => {
    // Four tokens in eight places: room for two, not for four.
    const last = await accepted({
      gates,
      mask: [1, 1, 1, 1, 0, 0, 0, 0],
      settings: even,
      symbolic,
    });
    expect(last).toEqual([1, 1, 0, 0, 0, 0, 0, 0]);
    const between = [0, 1, 0, 0, 1, 1, 0, 1];
    const spread = await accepted({ gates, mask: between, settings: even, symbolic });
    expect(spread).toEqual([0, 1, 0, 0, 1, 0, 0, 0]);
    // More padding after the same tokens has no effect.
    const more = await accepted({
      gates: [...gates, 0.9, 0.9, 0.9, 0.9],
      mask: [...between, 0, 0, 0, 0],
      settings: even,
      symbolic,
    });
    expect(more).toEqual([...spread, 0, 0, 0, 0]);
  });

  test("are rounded by the formula, with at least one place", async () => {
    const mask = [1, 1, 1, 1, 1, 0, 0, 0]; // 5 / 2 is 3 rounded up and 2 rounded down
    const up = await accepted({ gates, mask, settings: even, symbolic });
    expect(up).toEqual([1, 1, 1, 0, 0, 0, 0, 0]);
    const makemoe = { ...even, formula: "makemoe" };
    const down = await accepted({ gates, mask, settings: makemoe, symbolic });
    expect(down).toEqual([1, 1, 0, 0, 0, 0, 0, 0]);
    const vmoe = { ...even, formula: "vmoe" }; // a multiple of 4
    const four = await accepted({ gates, mask, settings: vmoe, symbolic });
    expect(four).toEqual([1, 1, 1, 1, 0, 0, 0, 0]);
    const one = await accepted({ gates, mask: [0, 0, 0, 0, 0, 0, 1, 1], settings: even, symbolic });
    expect(one).toEqual([0, 0, 0, 0, 0, 0, 1, 0]);
    const little = { capacity_factor: 0.1, formula: "makemoe" };
    const least = await accepted({ gates, mask, settings: little, symbolic });
    expect(least).toEqual([1, 0, 0, 0, 0, 0, 0, 0]);
  });

  test("of sequences have the room of a whole sequence, padded or not", async () => {
    const settings = { ...even, group: "sequence" };
    const mask = [1, 1, 1, 0, 1, 1, 1, 1];
    const found = await accepted({ gates, mask, settings, numTokens: 4, symbolic });
    expect(found).toEqual([1, 1, 0, 0, 1, 1, 0, 0]);
  });
});

test("batch priority gives this room to the largest gates among the tokens", async () => {
  const settings = { ...even, priority: "batch" };
  const found = await accepted({
    gates: [0.6, 0.99, 0.7, 0.9, 0.8, 0.98],
    mask: [1, 0, 1, 1, 1, 0],
    settings,
  });
  expect(found).toEqual([0, 0, 0, 1, 1, 0]);
});

test("groups of sequences need a known sequence length", async () => {
  const settings = { ...even, group: "sequence" };
  await expect(accepted({ gates, settings })).rejects.toThrow("groups of sequences need numTokens");
});
