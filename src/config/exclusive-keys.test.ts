import { expect, test } from "vitest";
import { trainConfigSchema } from "../recipe/config.ts";
import { loadConfig } from "./load.ts";

const lengthOf = (...overrides: string[]) => {
  const { maxSteps, epochs } = loadConfig("quickstart", trainConfigSchema, { overrides }).train;
  return { maxSteps, epochs };
};

test("the later of two keys that exclude each other wins", () => {
  expect(lengthOf()).toEqual({ maxSteps: 1200 });
  expect(lengthOf("train.epochs=3")).toEqual({ epochs: 3 });
  expect(lengthOf("train={epochs: 3}")).toEqual({ epochs: 3 });
  expect(lengthOf("train.epochs=3", "train.max_steps=7")).toEqual({ maxSteps: 7 });
  expect(lengthOf("train.max_steps=7", "train.epochs=3")).toEqual({ epochs: 3 });
});

test("null unsets an optional key; a required one is missing then", () => {
  expect(lengthOf("train.max_steps=null")).toEqual({});
  expect(lengthOf("train.max_steps=null", "train.max_steps=5")).toEqual({ maxSteps: 5 });
  expect(() => lengthOf("model.system=null")).toThrow();
  expect(() => lengthOf("data.name=null")).toThrow("data.name");
});
