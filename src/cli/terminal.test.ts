import { expect, test } from "vitest";
import {
  createProgress,
  formatDuration,
  formatMetric,
  formatProgress,
  formatRate,
} from "./progress.ts";
import { printTable, sparkline } from "./table.ts";
import { createTerminal, cut, type Terminal } from "./terminal.ts";

/** A terminal that records its output. */
function record(options: { isTTY?: boolean; columns?: number } = {}): {
  terminal: Terminal;
  written: () => string;
} {
  let text = "";
  const output = { write: (part: string) => (text += part), ...options };
  return { terminal: createTerminal(output, {}), written: () => text };
}

const update = {
  label: "step",
  done: 300,
  total: 1500,
  metrics: { loss: 0.41234, accuracy: 0.871 },
  tokensPerSecond: 18_300,
  secondsLeft: 42,
};

test("a progress line drops the bar first, then fields from the right", () => {
  const full =
    "step  300/1500 ━━━━━───────────────────  loss 0.412  accuracy 0.871  18.3k tokens/s  0:42 left";
  const plain = "step  300/1500  loss 0.412  accuracy 0.871  18.3k tokens/s  0:42 left";
  expect(formatProgress(update, 120, true)).toBe(full);
  expect(formatProgress(update, 120, false)).toBe(plain);
  expect(formatProgress(update, 80, true)).toBe(
    "step  300/1500 ━━────────  loss 0.412  accuracy 0.871  18.3k tokens/s  0:42 left",
  );
  expect(formatProgress(update, 70, true)).toBe(plain);
  expect(formatProgress({ label: "sample", done: 7 }, 70, true)).toBe("sample 7");
  expect(formatProgress(update, 50, true)).toBe("step  300/1500  loss 0.412  accuracy 0.871");
  expect(formatProgress(update, 10, true)).toBe("step  300…");
});

test("no width is ever exceeded", () => {
  for (let width = 1; width < 130; width++) {
    expect([...formatProgress(update, width, true)].length).toBeLessThanOrEqual(width);
  }
});

test("numbers, rates and times are short", () => {
  expect([0.000123, 1, 12.345, 123456, Number.NaN].map(formatMetric)).toEqual([
    "0.000123",
    "1.00",
    "12.3",
    "123456",
    "NaN",
  ]);
  expect([12.4, 999.7, 18_340, 999_600].map(formatRate)).toEqual(["12", "1.00k", "18.3k", "1.00M"]);
  expect([0, 41.6, 725, 3723, Number.POSITIVE_INFINITY].map(formatDuration)).toEqual([
    "0:00",
    "0:42",
    "12:05",
    "1:02:03",
    "-:--",
  ]);
});

test("on a terminal one line is redrawn at a readable rate", () => {
  const { terminal, written } = record({ isTTY: true, columns: 40 });
  let clock = 0;
  const progress = createProgress(terminal, () => clock);
  for (let done = 1; done <= 4; done++) {
    progress.update({ label: "step", done, total: 4 });
    clock += 20;
  }
  progress.note("checkpoint saved");
  progress.close();
  const bars = [`${"━".repeat(6)}${"─".repeat(18)}`, "━".repeat(24)];
  expect(written()).toBe(
    [
      `\r\x1b[2Kstep 1/4 ${bars[0]}`,
      `\r\x1b[2Kstep 4/4 ${bars[1]}`,
      "\r\x1b[2Kcheckpoint saved\n",
      `\r\x1b[2Kstep 4/4 ${bars[1]}`,
      "\n",
    ].join(""),
  );
});

test("without a terminal, plain lines come at intervals, and the last one always", () => {
  const { terminal, written } = record();
  let clock = 0;
  const progress = createProgress(terminal, () => clock);
  for (let done = 1; done <= 12; done++) {
    progress.update({ label: "step", done, total: 12 });
    clock += 1000;
  }
  progress.update({ label: "test batch", done: 1, total: 2 });
  progress.note("interrupted");
  progress.close();
  expect(written().split("\n")).toEqual([
    "step  1/12",
    "step  6/12",
    "step 11/12",
    "step 12/12",
    "test batch 1/2",
    "interrupted",
    "test batch 1/2",
    "",
  ]);
});

test("tables align numbers right and are cut at the width of a terminal", () => {
  const wide = record();
  const rows = [
    ["quickstart", 5, "shapes in a minute"],
    ["fm", 1500, "clothes"],
  ];
  printTable(wide.terminal, ["recipe", "steps", "what"], rows);
  expect(wide.written()).toBe(
    "recipe      steps  what\nquickstart      5  shapes in a minute\nfm           1500  clothes\n",
  );
  const narrow = record({ isTTY: true, columns: 25 });
  printTable({ ...narrow.terminal, style: (_, text) => text }, ["recipe", "steps", "what"], rows);
  expect(narrow.written().split("\n")[1]).toBe("quickstart      5  shape…");
});

test("sparklines", () => {
  expect(sparkline([4, 3, 2, 1])).toBe("█▆▃▁");
  expect(sparkline([1, 1, 5, 5], 2)).toBe("▁█");
  expect(sparkline([2, 2, Number.NaN])).toBe("▁▁");
  expect(sparkline([])).toBe("");
});

test("colours appear only on terminals, and never with NO_COLOR", () => {
  const red = "\u001b[31mx\u001b[39m";
  const style = (isTTY: boolean, env: Record<string, string>): string =>
    createTerminal({ write: () => true, isTTY }, env).style("red", "x");
  expect(style(true, {})).toBe(red);
  expect(style(false, {})).toBe("x");
  expect(style(true, { NO_COLOR: "1" })).toBe("x");
  expect(style(true, { TERM: "dumb" })).toBe("x");
  expect(style(false, { FORCE_COLOR: "1" })).toBe(red);
  expect(cut("abc", 0)).toBe("");
});
