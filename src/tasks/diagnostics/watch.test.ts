import { expect, test } from "vitest";
import { array } from "../../graph/array.ts";
import { countRepeatedRows, type Diagnose, type Observation, WINDOW } from "./observation.ts";
import { createWatch } from "./watch.ts";

const batch = (...rows: number[][]) => ({
  arrays: { tokens: array(rows, "int64"), images: array(rows) },
  indices: Int32Array.from(rows, (_, i) => i),
});

test("duplicate rows are counted, across arrays and in views of larger memory", () => {
  const tokens = array(
    [
      [1, 2, 0],
      [1, 2, 3],
      [1, 2, 0],
      [4, 0, 0],
    ],
    "int64",
  );
  expect(countRepeatedRows([tokens])).toBe(2);
  expect(countRepeatedRows([tokens, array([[4, 0, 0]], "int64")])).toBe(4);
  const tail = { ...tokens, shape: [2, 3], data: tokens.data.subarray(6) };
  expect(countRepeatedRows([tail])).toBe(0);
  expect(countRepeatedRows([])).toBe(0);
});

test("batches of an update are described separately, or as one if they are compared as one", () => {
  const seenBy = (joined: boolean): Observation => {
    const histories: Observation[] = [];
    const watch = createWatch(
      (history) => {
        histories.push(history.at(-1)!);
        return [];
      },
      { joined },
    );
    watch.seeBatch(batch([1, 2], [1, 2], [3, 4]));
    watch.seeBatch(batch([5, 6], [3, 4], [7, 8]));
    watch.endStep(9, { loss: 1 });
    return histories[0]!;
  };
  const base = { step: 9, scalars: { loss: 1 } };
  expect(seenBy(false)).toEqual({ ...base, samples: 3, repeatedCaptions: 1 });
  expect(seenBy(true)).toEqual({ ...base, samples: 6, repeatedCaptions: 4 });
});

test("samples without text have no repeated captions", () => {
  const seen: Observation[] = [];
  const watch = createWatch(
    (history) => {
      seen.push(history.at(-1)!);
      return [];
    },
    { joined: false },
  );
  watch.seeBatch({ arrays: {}, indices: Int32Array.of(0, 1) });
  watch.endStep(1, {});
  expect(seen).toEqual([{ step: 1, scalars: {}, samples: 2, repeatedCaptions: 0 }]);
});

test("the history keeps only the last updates", () => {
  const lengths: number[] = [];
  const watch = createWatch(
    (history) => {
      lengths.push(history.length);
      return [];
    },
    { joined: false },
  );
  for (let step = 1; step <= WINDOW + 5; step++) {
    watch.seeBatch(batch([1]));
    watch.endStep(step, {});
  }
  expect(lengths[0]).toBe(1);
  expect(Math.max(...lengths)).toBe(WINDOW);
  expect(lengths.at(-1)).toBe(WINDOW);
});

test("a warning is given once, and again only after a long absence", () => {
  const high: Diagnose = (history) =>
    (history.at(-1)!.scalars.loss ?? 0) > 1 ? [{ kind: "high", message: "too high" }] : [];
  const watch = createWatch(high, { joined: false });
  const given: number[] = [];
  for (let step = 1; step <= 500; step++) {
    // High at first, intermittent for a while, absent from 100, and back at 300.
    const isHigh = step < 40 || (step < 100 && step % 10 === 0) || step >= 300;
    watch.seeBatch(batch([1]));
    for (const { kind } of watch.endStep(step, { loss: isHigh ? 2 : 0 })) {
      expect(kind).toBe("high");
      given.push(step);
    }
  }
  expect(given).toEqual([1, 300]);
});
