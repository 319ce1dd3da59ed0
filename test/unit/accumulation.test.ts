/** An update of several batches equals an update of one batch with all samples. */
import { expect, test } from "vitest";
import { runUpdate } from "../../src/learn/run-update.ts";
import { loadTrainConfig } from "../../src/recipe/load-train-config.ts";
import { setUpTraining } from "../../src/train/setup.ts";

/** A model small enough to train one step in a moment, on 64 samples. */
const SMALL = [
  ...["model.width=16", "model.num_layers=1"],
  ...["data.train_size=64", "data.validation_size=16", "data.test_size=16", "data.workers=0"],
  ...["runtime.threads=1", "schedule.warmup_steps=0", "train.max_steps=1"],
];

interface FirstStep {
  readonly scalars: Readonly<Record<string, number>>;
  readonly gradNorm: number;
  readonly states: Readonly<Record<string, readonly number[]>>;
}

async function firstStep(recipe: string, settings: readonly string[], count: number) {
  const sizes = [`train.batch_size=${16 / count}`, `train.accumulation_steps=${count}`];
  const config = await loadTrainConfig(recipe, { overrides: [...settings, ...sizes] });
  const training = await setUpTraining(config);
  try {
    const next = async () => (await training.loader.next())!;
    const { scalars, gradNorm } = await runUpdate(training.step, 0, next, training.updates);
    const states = [...training.step.states].map(([name, { data }]) => [name, [...data]]);
    return { scalars, gradNorm, states: Object.fromEntries(states) } as FirstStep;
  } finally {
    await training.dispose();
  }
}

const systems: readonly (readonly [name: string, recipe: string, settings: readonly string[]])[] = [
  [
    "captions, whose targets differ in number",
    "seemoe-shapes",
    [
      ...SMALL,
      ...["model.vision.stem=linear", "model.vision.width=16", "model.vision.num_layers=1"],
      ...["model.moe.losses=[]", "model.moe.router.name=softmax_top_k"],
      "model.moe.router.num_selected_experts=2",
    ],
  ],
];

test.each(systems)("%s: 16, 4 x 4 and 1 x 16 are one step", async (_, recipe, settings) => {
  const whole = await firstStep(recipe, settings, 1);
  for (const count of [4, 16]) {
    const parts = await firstStep(recipe, settings, count);
    console.log(whole, parts);
    for (const [name, value] of Object.entries(whole.scalars)) {
      expect(Math.abs(parts.scalars[name]! - value), `${name} of ${count}`).toBeLessThan(1e-5);
    }
    expect(Math.abs(parts.gradNorm / whole.gradNorm - 1), `norm of ${count}`).toBeLessThan(1e-5);
  }
});
