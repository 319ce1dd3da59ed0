import { expect, test } from "vitest";
import { lazily } from "./lazily.ts";

function counted() {
  const counts = { made: 0, disposed: 0 };
  const make = async () => {
    counts.made += 1;
    return { dispose: () => (counts.disposed += 1) };
  };
  return { counts, make };
}

test("created once, on first use", async () => {
  const { counts, make } = counted();
  const lazy = lazily(make);
  expect(counts.made).toBe(0);
  const [first, second] = await Promise.all([lazy.get(), lazy.get()]);
  expect(first).toBe(second);
  expect(counts).toEqual({ made: 1, disposed: 0 });
  lazy.dispose();
  await Promise.resolve();
  expect(counts.disposed).toBe(1);
  await expect(lazy.get()).rejects.toThrow("the model was disposed of; open it again");
});

test("disposed of during creation, or before", async () => {
  const { counts, make } = counted();
  const lazy = lazily(make);
  const made = lazy.get();
  lazy.dispose();
  await made;
  expect(counts).toEqual({ made: 1, disposed: 1 });
  lazily(make).dispose();
  expect(counts).toEqual({ made: 1, disposed: 1 });
});

test("a failure is reported, and the next call retries", async () => {
  let calls = 0;
  const lazy = lazily(async () => {
    calls += 1;
    if (calls === 1) throw new Error("no memory");
    return { dispose: () => undefined };
  });
  await expect(lazy.get()).rejects.toThrow("no memory");
  expect(await lazy.get()).toBeDefined();
});
