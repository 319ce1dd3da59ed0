import { expect, test } from "vitest";
import { domainMembers } from "./domain-splits.ts";

const domains = Array.from({ length: 60 }, (_, i) => ["art", "photo", "sketch"][i % 3]!);
const open = (split: "train" | "validation" | "test", options: object) =>
  [...domainMembers("set", split, domains, options)] as number[];

test("each domain sets aside a fifth for validation; the test split is whole domains", () => {
  const options = { testDomains: ["sketch"] };
  const [train, validation, test] = [
    open("train", options),
    open("validation", options),
    open("test", options),
  ];
  expect([train.length, validation.length, test.length]).toEqual([32, 8, 20]);
  expect([...train, ...validation, ...test].sort((a, b) => a - b)).toEqual([...domains.keys()]);
  const count = (members: number[], domain: string): number =>
    members.filter((at) => domains[at] === domain).length;
  expect([count(validation, "art"), count(validation, "photo")]).toEqual([4, 4]);
  expect(count(test, "sketch")).toBe(20);
  expect(train).toEqual([...train].sort((a, b) => a - b));
});

test("the validation draw of a domain depends on the seed, not on other domains", () => {
  const photo = open("validation", { domains: ["photo"] });
  const both = open("validation", { domains: ["photo", "art"] });
  expect(both.filter((at) => domains[at] === "photo")).toEqual(photo);
  expect(open("validation", { domains: ["photo"], splitSeed: 1 })).not.toEqual(photo);
  expect(open("validation", { domains: ["photo"] })).toEqual(photo);
});

test("unknown domains and empty splits are refused", () => {
  expect(() => open("train", { testDomains: ["clipart"] })).toThrow(
    'set has no domain "clipart"; its domains are art, photo, sketch',
  );
  expect(() => open("test", {})).toThrow("set has no test split of its own");
  expect(() => open("validation", { validationFraction: 0 })).toThrow(
    "the validation split is empty",
  );
  expect(() => open("train", { validationFraction: 1 })).toThrow("must be at least 0 and below 1");
});
