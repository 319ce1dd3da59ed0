/** Trains 500 steps and prints the resident memory over the last hundred, and the remaining handles. */
import { loadConfig } from "../../src/config/load.ts";
import { trainConfigSchema } from "../../src/recipe/config.ts";
import { nativeRuntime } from "../../src/runtime/native/native.ts";
import { train } from "../../src/train/train.ts";

const [recipe, runDirectory] = process.argv.slice(2) as [string, string];
const overrides = ["train.max_steps=500", "train.eval_every=50", "train.checkpoint_every=100"];
const config = loadConfig(recipe, trainConfigSchema, { overrides });
const resident: number[] = [];
let handles: Readonly<Record<string, number>> = {};

await train(config, {
  runDirectory,
  resume: false,
  signal: new AbortController().signal,
  progress: {
    note() {},
    update({ label, done }) {
      if (label !== "step" || done < 390 || done % 10 !== 0) return;
      globalThis.gc?.();
      if (done === 390) handles = nativeRuntime().liveHandles();
      else resident.push(process.memoryUsage.rss());
    },
  },
});
const left = nativeRuntime().liveHandles();
console.log(JSON.stringify({ resident, handles, left }));
