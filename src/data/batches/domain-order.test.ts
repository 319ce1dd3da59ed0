import { expect, test } from "vitest";
import { createLoader } from "../loader.ts";
import { domainOrder } from "./domain-order.ts";

const names = ["art", "photo"];
/** 7 samples of art at even positions, then 5 of photo among the odd ones. */
const of = (index: number): number => (index % 2 === 1 && index < 10 ? 1 : 0);
const options = { name: "set", domains: { names, of }, length: 12, samplesPerDomain: 2, seed: 3 };

test("every batch has the same number of samples from each domain, in the order of the domains", () => {
  const { job, batchesPerEpoch } = domainOrder(options);
  expect(batchesPerEpoch).toBe(2); // photo has 5 samples, art 7
  for (let step = 0; step < 10; step++) {
    const { indices, epoch, draw } = job(step);
    expect(Array.from(indices, of)).toEqual([0, 0, 1, 1]);
    expect([epoch, draw]).toEqual([Math.floor(step / 2), step]);
  }
});

test("a domain is reshuffled after each pass, and no sample repeats within a pass", () => {
  const { job } = domainOrder(options);
  const steps = Array.from({ length: 12 }, (_, step) => [...job(step).indices] as number[]);
  // Art has three batches per pass; photo has two.
  for (const [d, batches] of [3, 2].entries()) {
    const passes = Array.from({ length: 12 / batches }, (_, pass) =>
      steps.slice(pass * batches, (pass + 1) * batches).flatMap((b) => b.slice(2 * d, 2 * d + 2)),
    );
    for (const pass of passes) expect(new Set(pass).size).toBe(pass.length);
    expect(new Set(passes.map(String)).size).toBeGreaterThan(1);
  }
});

test("a step has the same samples for any first step, and other samples for another seed", () => {
  const whole = domainOrder(options);
  for (let step = 0; step < 6; step++) whole.job(step);
  expect(whole.job(7)).toEqual(domainOrder(options).job(7));
  expect(whole.job(7).indices).not.toEqual(domainOrder({ ...options, seed: 4 }).job(7).indices);
});

test("a domain that cannot fill a batch is named", () => {
  expect(() => domainOrder({ ...options, samplesPerDomain: 6 })).toThrow(
    "set: the domain photo has 5 samples, fewer than samples_per_domain 6",
  );
});

test("the loader returns the domain of each sample, with and without threads", async () => {
  const load = async (workers: number) => {
    const spec = { name: "shapes", split: "train", length: 64, size: 16 } as const;
    await using loader = await createLoader(
      { ...spec, domains: ["outline", "flat"] },
      { samplesPerDomain: 3, batchSize: 64, shuffle: true, workers },
    );
    expect(loader.batchSize).toBe(6);
    expect(loader.fields.domains).toEqual({ dtype: "int64", shape: [] });
    loader.seek(5);
    return (await loader.next())!;
  };
  const batch = await load(0);
  expect(batch.domains).toEqual([...Array(3).fill("outline"), ...Array(3).fill("flat")]);
  expect(Array.from(batch.arrays.domains!.data, Number)).toEqual([0, 0, 0, 1, 1, 1]);
  expect((await load(1)).arrays).toEqual(batch.arrays);
});
