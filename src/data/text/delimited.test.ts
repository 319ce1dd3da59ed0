import fc from "fast-check";
import { expect, test } from "vitest";
import { readCsv, readTsv } from "./delimited.ts";

const name = "news.csv";
const fields = (text: string): (readonly string[])[] =>
  readCsv(text, { name }).map((row) => row.fields);

test("quoted fields contain commas, line breaks and doubled quotes", () => {
  expect(readCsv('1,"a, ""b""\nc",x\r\n2,"",\n', { name })).toEqual([
    { line: 1, fields: ["1", 'a, "b"\nc', "x"] },
    { line: 3, fields: ["2", "", ""] },
  ]);
});

test("line ends: LF, CRLF, none at the end; empty lines are skipped", () => {
  const rows = [
    ["a", "b"],
    ["c", "d"],
  ];
  expect(fields("a,b\nc,d")).toEqual(rows);
  expect(fields("a,b\r\n\r\nc,d\r\n\n")).toEqual(rows);
  expect(fields("a,b\nc,")).toEqual([rows[0], ["c", ""]]);
  expect(fields('""\n,\n')).toEqual([[""], ["", ""]]);
  expect(fields("")).toEqual([]);
  expect(readCsv('"x\r\ny",1\r\nz,2', { name })[1]).toEqual({ line: 3, fields: ["z", "2"] });
});

test("misplaced quotes are reported with their line", () => {
  expect(() => fields('a,b\nc,say "so"\n')).toThrow(
    'news.csv:2: a quote is inside the field "say \\"so\\""',
  );
  expect(() => fields('a\n"b" c\n')).toThrow(
    'news.csv:2: the closing quote of "b" is followed by " ", expected a comma or the end of the line',
  );
  expect(() => fields('a\n\n"b\nc\n')).toThrow(
    "news.csv:3: a quoted field of this row is never closed",
  );
});

test("rows and fields are bounded", () => {
  expect(() => readCsv("a\nb\nc\n", { name, maxRows: 2 })).toThrow(
    "news.csv has more than the limit of 2 rows",
  );
  expect(() => readCsv("a\nb,cdef\n", { name, maxFieldLength: 3 })).toThrow(
    "news.csv:2: a field has 4 characters, more than the limit of 3",
  );
});

test("text written by RFC 4180 is read back", () => {
  const field = fc.string({ unit: fc.constantFrom("a", "é", ",", '"', "\n", "\r", " ", "😀") });
  const table = fc
    .integer({ min: 1, max: 4 })
    .chain((width) => fc.array(fc.array(field, { minLength: width, maxLength: width })));
  const write = (value: string): string => `"${value.replaceAll('"', '""')}"`;
  fc.assert(
    fc.property(table, fc.constantFrom("\n", "\r\n"), (rows, end) => {
      const text = rows.map((row) => row.map(write).join(",") + end).join("");
      expect(fields(text)).toEqual(rows);
    }),
  );
});

test("tabs separate, quotes are ordinary characters", () => {
  expect(readTsv('say "so"\t1\r\n\nlast\t\t', { name: "x.tsv" })).toEqual([
    { line: 1, fields: ['say "so"', "1"] },
    { line: 3, fields: ["last", "", ""] },
  ]);
});
