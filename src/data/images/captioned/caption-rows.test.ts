import { expect, test } from "vitest";
import { readCaptionRows } from "./caption-rows.ts";

test("numbered columns and known column names", () => {
  const five = readCaptionRows("filename,caption_0,caption_1\na.png,One,Two\n", "a.csv");
  expect(five).toEqual([{ line: 2, image: "a.png", encoding: "path", captions: ["One", "Two"] }]);
  const named = readCaptionRows('{"pic": "AAAA", "says": "Hi"}\n', "a.jsonl", {
    image: "pic",
    encoding: "base64",
    captions: "says",
  });
  expect(named).toEqual([{ line: 1, image: "AAAA", encoding: "base64", captions: ["Hi"] }]);
});

test("data URLs are base64 in any column", () => {
  const [row] = readCaptionRows('image,text\n"data:image/png;base64,AAAA",Hi\n', "a.csv");
  expect(row).toMatchObject({ image: "AAAA", encoding: "base64" });
});

test.each([
  ["a.csv", "image,note\na.png,x\n", "a.csv has no known caption column; name it"],
  ["a.csv", "pic,caption\na.png,x\n", "a.csv has no known picture column; name it"],
  ["a.csv", "image,caption\n", "a.csv has no rows"],
  ["a.csv", "image,caption\na.png\n", "a.csv:2: the row has 1 fields, but there are 2 columns"],
  ["a.csv", "image,caption\na.png, \n", 'a.csv:2: caption must be text, got " "'],
  ["a.jsonl", '{"image": 3, "caption": "x"}\n', "a.jsonl:1: image must be text, got 3"],
  [
    "a.jsonl",
    '{"image": "a", "captions": []}\n',
    "a.jsonl:1: captions must be a list of sentences",
  ],
  ["a.jsonl", "[1]\n", "a.jsonl:1: expected an object"],
  ["a.jsonl", "{\n", /^a\.jsonl:1: .*JSON/],
])("%s: %j is refused", (name, text, reason) => {
  expect(() => readCaptionRows(text, name)).toThrow(reason);
});

test.each([
  ["a.csv", "b64,text\nAAAA,x\nAAAAAAAAAA,y\n", "a.csv:3: a field has 10 characters, more than"],
  ["a.tsv", "b64\ttext\nAAAAAAAAAA\ty\n", "a.tsv:2: a field has 10 characters, more than"],
  ["a.jsonl", '{"b64": "AAAAAAAAAA"}\n', "a.jsonl:1: b64 has 10 characters, more than"],
])("%s: the length of fields is bounded", (name, text, reason) => {
  const limits = { maxRows: 10, maxFieldLength: 9 };
  expect(() => readCaptionRows(text, name, { image: "b64" }, {}, limits)).toThrow(reason);
});

test.each([
  ["a.csv", "image,caption\na,x\nb,y\n", "a.csv has more than the limit of 2 rows"],
  ["a.jsonl", '{"image":"a"}\n{"image":"b"}\n{"image":"c"}\n', "a.jsonl has more than 2 rows"],
])("%s: the number of rows is bounded", (name, text, reason) => {
  const limits = { maxRows: 2, maxFieldLength: 20 };
  expect(() => readCaptionRows(text, name, {}, {}, limits)).toThrow(reason);
});
