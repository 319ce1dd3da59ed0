import { expect, test } from "vitest";
import { classIndices, inferLabels } from "./classes.ts";
import { readLabelledRows, type TableFormat, type TextColumns } from "./labelled-rows.ts";

const columns: TextColumns = { text: ["title", "body"], label: "stars" };
const read = (
  content: string,
  format: Exclude<TableFormat, "parquet">,
  options: TextColumns = columns,
): ReturnType<typeof readLabelledRows> =>
  readLabelledRows(content, format, options, { name: "reviews" });

test("columns by name from each format", () => {
  const expected = [
    { source: "reviews:2", text: "Good fun", label: "5" },
    { source: "reviews:3", text: "Bad no", label: "1" },
  ];
  expect(read("stars,title,body\n5,Good,fun\n 1 ,Bad,no\n", "csv")).toEqual(expected);
  expect(read("body\tid\tstars\ttitle\nfun\tx\t5\tGood\nno\ty\t1\tBad", "tsv")).toEqual(expected);
  const lines =
    '\n{"stars": 5, "title": "Good", "body": "fun"}\n{"body": "no", "title": "Bad", "stars": "1"}\n';
  expect(read(lines, "jsonl")).toEqual(expected);
});

test("columns by position without a header", () => {
  const options = { text: [0], label: 1, header: false };
  expect(read("so good\t1\n", "tsv", options)).toEqual([
    { source: "reviews:1", text: "so good", label: "1" },
  ]);
  expect(() => read("a,b\n", "csv", { ...options, label: 2 })).toThrow(
    "reviews: columns without a header are 0 to 1, got 2",
  );
});

test("bad rows are reported with file, line and reason", () => {
  expect(() => read("stars,title,body\n5,Good\n", "csv")).toThrow(
    "reviews:2: expected 3 fields as in the first row, got 2",
  );
  expect(() => read("stars,title\n", "csv")).toThrow(
    'reviews has no column "body"; its first row has stars, title',
  );
  expect(() => read("stars,title,body\n ,a,b\n", "csv")).toThrow("reviews:2: the label is empty");
  expect(() => read("", "csv")).toThrow("reviews has no rows");
  expect(() => read('{"stars": 1}\n', "jsonl")).toThrow(
    'reviews:1: expected a string as "title", got nothing',
  );
  expect(() => read('{"title": "a", "body": "b", "stars": null}', "jsonl")).toThrow(
    'expected a string, a number or a boolean as "stars", got null',
  );
  expect(() => read('{"title": "a"', "jsonl")).toThrow("reviews:1: invalid JSON");
  expect(() => read("\n[1]", "jsonl")).toThrow("reviews:2: expected a JSON object, got [1]");
  expect(() => read("", "jsonl", { text: ["toString"], label: "x" })).not.toThrow();
  expect(() => read("{}", "jsonl", { text: ["toString"], label: "x" })).toThrow("got nothing");
});

const row = (label: string, line = 1): { label: string; source: string; text: string } => ({
  label,
  source: `x:${line}`,
  text: "",
});

test("labels are sorted as numbers where all are, else as text", () => {
  expect(inferLabels(["10", "9", "10"].map((label) => row(label)))).toEqual(["9", "10"]);
  expect(inferLabels(["10", "9", "b"].map((label) => row(label)))).toEqual(["10", "9", "b"]);
  const many = Array.from({ length: 1001 }, (_, at) => row(`${at}`, at + 1));
  expect(() => inferLabels(many)).toThrow("x:1001: more than 1000 different labels");
});

test("a label outside the list is told with its line", () => {
  expect([...classIndices([row("b"), row("a")], ["a", "b"])]).toEqual([1, 0]);
  expect(() => classIndices([row("a"), row("c", 7)], ["a", "b"])).toThrow(
    'x:7: label "c" is none of the 2 labels a, b',
  );
});
