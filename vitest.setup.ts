/** Files of unit tests share processes, so they must leave the registries as they found them. */
import { afterAll, expect } from "vitest";
import { numAddedDefinitions } from "./src/config/registry.ts";

const before = numAddedDefinitions();
afterAll(() => {
  const reason = "this file adds definitions; list it in `alone` of vitest.config.ts";
  expect(numAddedDefinitions(), reason).toBe(before);
});
