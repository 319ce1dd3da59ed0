import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { eventFileName, fileVersionRecord, restartRecord, scalarRecord } from "./tensorboard.ts";

test("records equal the output of TensorBoard's own writer, byte for byte", () => {
  const records = [
    fileVersionRecord(1700000000.5),
    scalarRecord({ tag: "train/loss", step: 7, value: 0.1, wallTime: 1700000001.25 }),
    restartRecord(300, 1700000002),
    scalarRecord({ tag: "test/accuracy", step: 2 ** 40, value: -1.5, wallTime: 1700000003 }),
    scalarRecord({ tag: "größe", step: 0, value: Number.POSITIVE_INFINITY, wallTime: 1700000004 }),
  ];
  const expected = readFileSync(new URL("fixtures/events.tfevents", import.meta.url));
  expect(Buffer.concat(records).toString("hex")).toBe(expected.toString("hex"));
});

test("values beyond float32 become infinite instead of failing", () => {
  const record = scalarRecord({ tag: "a", step: 1, value: 1e300, wallTime: 0 });
  const infinite = scalarRecord({
    tag: "a",
    step: 1,
    value: Number.POSITIVE_INFINITY,
    wallTime: 0,
  });
  expect(record).toEqual(infinite);
});

test("file names sort by time", () => {
  expect(eventFileName(1700000000.9, "host", 12)).toBe("events.out.tfevents.1700000000.host.12.0");
});
