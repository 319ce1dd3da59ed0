import {
  appendFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseEvent } from "../runs/metrics/metric-lines.ts";
import { cursorOf, placeOf } from "./cursor.ts";
import { followMetrics } from "./metrics-follower.ts";
import { event, lines, type TestFolder, testFolder } from "./server.fixture.ts";

let folder: TestFolder;
beforeEach(() => {
  folder = testFolder();
});
afterEach(() => folder[Symbol.dispose]());
const file = (): string => folder.at("metrics.jsonl");

describe("a file that grows", () => {
  test("only new events are added, also if a line arrives in parts", async () => {
    const metrics = followMetrics(folder.path);
    await metrics.catchUp();
    expect([metrics.log.count, metrics.modified]).toEqual([0, 0]);
    const text = lines(event(0), event(1, null), event(2, 0.5, { name: "Zürich" }));
    writeFileSync(file(), text.slice(0, -20));
    await metrics.catchUp();
    const { generation } = metrics;
    expect(metrics.log.count).toBe(2);
    appendFileSync(file(), text.slice(-20));
    await metrics.catchUp();
    expect(metrics.log.slice(0, 9).map(({ step, value }) => [step, value])).toEqual([
      [0, 0],
      [1, Number.NaN],
      [2, 0.5],
    ]);
    expect(metrics.log.last()!.name).toBe("Zürich");
    expect([metrics.generation, metrics.badLines]).toEqual([generation, 0]);
    expect(metrics.modified).toBeGreaterThan(Date.now() - 60_000);
  });

  test("a character split between reads survives", async () => {
    const metrics = followMetrics(folder.path);
    const bytes = Buffer.from(lines(event(0, 1, { name: "Zürich" })));
    const cut = bytes.indexOf(0xc3) + 1;
    writeFileSync(file(), bytes.subarray(0, cut));
    await metrics.catchUp();
    appendFileSync(file(), bytes.subarray(cut));
    await metrics.catchUp();
    expect(metrics.log.series).toMatchObject([{ split: "train", name: "Zürich", count: 1 }]);
  });

  test("concurrent readers read it once", async () => {
    writeFileSync(file(), lines(...Array.from({ length: 5000 }, (_, step) => event(step))));
    const metrics = followMetrics(folder.path);
    await Promise.all(Array.from({ length: 8 }, () => metrics.catchUp()));
    expect(metrics.log.count).toBe(5000);
  });

  test("reading stops at the deadline and continues later", async () => {
    writeFileSync(file(), lines(...Array.from({ length: 20_000 }, (_, step) => event(step))));
    const metrics = followMetrics(folder.path);
    const reading = metrics.catchUp(performance.now() + 1e6);
    expect(await metrics.catchUp(performance.now() + 1e6)).toBe(false); // another reader is active
    expect(await reading).toBe(true);
    appendFileSync(file(), lines(event(20_000)));
    expect([await metrics.catchUp(0), metrics.log.count]).toEqual([false, 20_000]);
    expect([await metrics.catchUp(), metrics.log.count]).toEqual([true, 20_001]);
  });
});

describe("a replaced file", () => {
  const follow = async () => {
    writeFileSync(file(), lines(event(0), event(1), event(2)));
    const metrics = followMetrics(folder.path);
    await metrics.catchUp();
    return { metrics, before: metrics.generation, cursor: cursorOf(metrics) };
  };

  test.each<[string, () => void, number]>([
    [
      "replaced, as by --resume",
      () => {
        writeFileSync(folder.at("new"), lines(event(0), event(1), event(2), event(3)));
        renameSync(folder.at("new"), file());
      },
      4,
    ],
    ["cut", () => truncateSync(file(), lines(event(0)).length), 1],
    [
      "rewritten in place and longer",
      () => writeFileSync(file(), lines(event(7), event(8), event(9), event(10))),
      4,
    ],
    ["removed", () => rmSync(file()), 0],
  ])("%s", async (_, change, count) => {
    const { metrics, before, cursor } = await follow();
    expect(placeOf(cursor, metrics)).toBe(3);
    change();
    await metrics.catchUp();
    expect(metrics.generation).not.toBe(before);
    expect(metrics.log.count).toBe(count);
    expect(placeOf(cursor, metrics)).toBeUndefined();
  });

  test("cursors of other servers and invalid cursors are rejected", async () => {
    const { metrics } = await follow();
    const { generation } = metrics;
    for (const cursor of ["", "0", `${generation}-4`, `${generation}--1`, `${"0".repeat(12)}-1`]) {
      expect(placeOf(cursor, metrics)).toBeUndefined();
    }
    expect(placeOf(`${generation}-2`, metrics)).toBe(2);
  });
});

describe("a hostile file", () => {
  test("invalid lines are counted and skipped", async () => {
    const bad = [
      "not json",
      "null",
      "[]",
      '{"step":"1"}',
      JSON.stringify({ ...event(1), step: -1 }),
      JSON.stringify({ ...event(1), step: 1e300 }),
      JSON.stringify({ ...event(1), value: "1" }),
      JSON.stringify({ ...event(1), name: "n".repeat(400) }),
      JSON.stringify({ ...event(1), more: "x".repeat(5000) }),
    ];
    writeFileSync(file(), `${lines(event(0))}${bad.join("\n")}\n\n${lines(event(2))}`);
    const metrics = followMetrics(folder.path);
    await metrics.catchUp();
    expect([metrics.log.count, metrics.badLines]).toEqual([2, bad.length]);
  });

  test("an endless line is skipped without buffering it", async () => {
    writeFileSync(file(), lines(event(0)));
    for (let i = 0; i < 20; i++) appendFileSync(file(), "x".repeat(2 ** 20));
    const metrics = followMetrics(folder.path);
    await metrics.catchUp();
    expect([metrics.log.count, metrics.badLines]).toEqual([1, 1]);
    appendFileSync(file(), `\n${lines(event(1))}`);
    await metrics.catchUp();
    expect([metrics.log.count, metrics.badLines]).toEqual([2, 1]);
  });

  test("a folder in its place is treated as a missing file", async () => {
    mkdirSync(file());
    const metrics = followMetrics(folder.path);
    await metrics.catchUp();
    expect(metrics.log.count).toBe(0);
  });

  test("names of prototype properties are ordinary names", () => {
    expect(parseEvent(JSON.stringify(event(1, 2, { name: "__proto__" })))).toMatchObject({
      name: "__proto__",
      value: 2,
    });
  });
});
