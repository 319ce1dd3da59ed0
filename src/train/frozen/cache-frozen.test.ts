import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { TrainConfig } from "../../recipe/config.ts";
import { readState } from "../../runs/state-files.ts";
import { train } from "../train.ts";
import { temporaryFolder, tinySfMoe } from "./frozen.fixture.ts";

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true }));
let runs = 0;

/** Everything that a run computes. */
interface Result {
  readonly metrics: readonly string[];
  readonly weights: Readonly<Record<string, readonly number[]>>;
  readonly scores: unknown;
  readonly notes: readonly string[];
  readonly computed: number;
}

async function resultOf(config: TrainConfig): Promise<Result> {
  const runDirectory = join(folder, `run-${runs++}`);
  const notes: string[] = [];
  let computed = 0;
  const summary = await train(config, {
    runDirectory,
    progress: {
      note: (line) => notes.push(line),
      update({ label, done }) {
        if (label === "sample of the frozen part") computed = done;
      },
    },
  });
  const metrics = readFileSync(join(runDirectory, "metrics.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => line.replace(/,"seconds":.*/, ""));
  const last = join(runDirectory, "checkpoints", String(summary.steps));
  const { model } = await readState(last, false);
  const weights = Object.fromEntries(
    [...model].map(([name, { data }]) => [name, [...data].map(Number)]),
  );
  const { validation, test: scored } = summary;
  return { metrics, weights, scores: { validation, test: scored }, notes, computed };
}

const cached = (name: string) => ({ folder: join(folder, name) });

test("features of frozen blocks are computed once, with equal results", async () => {
  const plain = await resultOf(tinySfMoe());
  const first = await resultOf(tinySfMoe({ train: { cache_frozen: cached("once") } }));
  expect(first.metrics).toEqual(plain.metrics);
  expect(first.weights).toEqual(plain.weights);
  expect(first.scores).toEqual(plain.scores);
  // Three splits, and the 64 test scenes of the analysis in each of four styles; 16 of them are the test split.
  expect(first.computed).toBe(48 + 16 + 16 + 4 * 64 - 16);
  const [cache] = readdirSync(join(folder, "once"));
  expect(cache).toMatch(/^frozen-[0-9a-f]{64}$/);

  const second = await resultOf(tinySfMoe({ train: { cache_frozen: cached("once") } }));
  expect(second.computed).toBe(0);
  expect(second.weights).toEqual(plain.weights);
});
