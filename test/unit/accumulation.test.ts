/** An update of several batches equals an update of one batch with all samples. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { silent } from "../../src/learn/progress.ts";
import { runUpdate } from "../../src/learn/run-update.ts";
import { loadTrainConfig } from "../../src/recipe/load-train-config.ts";
import { scoreSplit } from "../../src/train/score-split.ts";
import { setUpTraining } from "../../src/train/setup.ts";
import { temporaryFolder, tinyTextRecipe } from "./moesaic.fixture.ts";

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

async function firstStep(
  recipe: string,
  settings: readonly string[],
  count: number,
  size = `train.batch_size=${16 / count}`,
) {
  const sizes = [size, `train.accumulation_steps=${count}`];
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

const folder = temporaryFolder();
afterAll(folder.remove);
const at = (name: string): string => join(folder.path, name);
writeFileSync(at("rhyme.txt"), "the cat sat on the mat; the rat ran to the cat.\n".repeat(40));
writeFileSync(at("text.yaml"), tinyTextRecipe(at("rhyme.txt")));
writeFileSync(
  at("sentences.csv"),
  ["text,label"]
    .concat(
      Array.from({ length: 64 }, (_, i) => {
        const words = "so very much too long".split(" ").slice(0, i % 5);
        return `a ${words.join(" ")} ${i % 3 === 0 ? "fine" : "dull"} film,${i % 3 === 0 ? "good" : "bad"}`;
      }),
    )
    .join("\n"),
);
writeFileSync(
  at("sentences.yaml"),
  `model:
  system: text-classifier
  width: 16
  num_layers: 2
  num_heads: 2
  context_length: 8
  moe:
    num_experts: 3
    router: { name: loss_free_bias, num_selected_experts: 2, update_rate: 0.01 }
    losses: [{ name: z, weight: 0.1 }, { name: local_entropy, weight: 0.1 }, { name: sequence_balance, weight: 0.1 }]
data:
  name: labelled-text
  files: { train: ${at("sentences.csv")}, validation: ${at("sentences.csv")} }
  columns: { text: [text], label: label, header: true }
  tokenizer: { kind: word }
optimizer: { name: adamw, learning_rate: 0.003 }
runtime: { threads: 1 }
`,
);
const ONE_STEP = [
  "model.dropout=0",
  "train.max_steps=1",
  "schedule.warmup_steps=0",
  "runtime.threads=1",
];

type System = readonly [name: string, recipe: string, settings: readonly string[]];

/** Models in which no layer mixes samples, without random numbers. */
const systems: readonly System[] = [
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
  [
    "sentences with padding, losses of tokens and a bias without loss",
    at("sentences.yaml"),
    ONE_STEP,
  ],
  [
    "next tokens",
    at("text.yaml"),
    [
      ...ONE_STEP,
      "model.moe.router={name: softmax_top_k, num_selected_experts: 2}",
      "model.moe.experts.dropout=0",
    ],
  ],
  [
    "experts that learn their own labels",
    "classic-mixture",
    [
      ...ONE_STEP,
      "data.train_size=64",
      "data.validation_size=64",
      "data.test_size=16",
      "optimizer.rules=[]",
    ],
  ],
  [
    "images",
    "diff-moe-shapes",
    [...SMALL, "model.stem=linear", "model.kl_loss_weight=0", "model.mean_square_loss_weight=0"],
  ],
  [
    "images with captions",
    "diff-moe-shapes",
    [
      ...SMALL,
      ...["model.stem=linear", "model.kl_loss_weight=0", "model.mean_square_loss_weight=0"],
      ...["model.text=captions", "model.context_length=8"],
      ...["model.dropout=0", "data.tokenizer={ kind: word }", "data.captions=[full, color]"],
      "model.loss_weights={ match: 0, contrastive: 0 }",
    ],
  ],
  [
    "a vision transformer",
    "shapes-vit-moe",
    [...SMALL, "model.stem=linear", "model.moe.losses=[]"],
  ],
  [
    "Switch, which routes each token to one expert",
    "shapes-vit-moe",
    [...SMALL, "model.stem=linear", "model.moe.losses=[]", "model.moe.router={ name: switch }"],
  ],
  [
    "experts for flattened images",
    "sparsely-gated-cifar10",
    [
      "data={ name: shapes, image_size: 16, train_size: 64, validation_size: 16, test_size: 16, workers: 0 }",
      ...["data.normalize={ mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] }"],
      ...[
        "model.moe={ num_experts: 4, router: { name: softmax_top_k, num_selected_experts: 2 }, losses: [] }",
      ],
      ...["train.max_steps=1", "schedule.warmup_steps=0", "runtime.threads=1"],
    ],
  ],
  [
    "a fusion of blocks",
    "gmoe-shapes-domains",
    [
      ...SMALL,
      "model.stem=linear",
      "model.blocks=S",
      "model.moe.losses=[]",
      "model.moe.dispatch={ name: dropless }",
      "model.moe.router={ name: cosine, projection_width: 8, noise_scale: 0 }",
      "train.samples_per_domain=null",
    ],
  ],
  [
    "a decoder with rotary positions",
    at("text.yaml"),
    [
      "model={ system: decoder, width: 16, num_layers: 1, num_heads: 2, num_key_value_heads: 1, context_length: 8 }",
      ...["train.max_steps=1", "schedule.warmup_steps=0", "runtime.threads=1"],
    ],
  ],
];

/** Scalars that compare the samples of a batch; without weight in these models. */
const nonlinear = /\.(mean_square|kl_uniform)$|^(contrastive|match|pair|retrieval)_/;

test.each(systems)("%s: 16, 4 x 4 and 1 x 16 are one step", async (_, recipe, settings) => {
  const whole = await firstStep(recipe, settings, 1);
  expect(whole.gradNorm).toBeGreaterThan(1e-3);
  for (const count of [4, 16]) {
    const parts = await firstStep(recipe, settings, count);
    for (const [name, value] of Object.entries(whole.scalars)) {
      if (nonlinear.test(name)) continue;
      expect(Math.abs(parts.scalars[name]! - value), `${name} of ${count}`).toBeLessThan(1e-5);
    }
    expect(Math.abs(parts.gradNorm / whole.gradNorm - 1), `norm of ${count}`).toBeLessThan(1e-5);
    expect(parts.states).toEqual(whole.states);
  }
});

test("group DRO moves its weights once an update, by the losses of all its batches", async () => {
  const settings = [
    ...[...SMALL, "model.stem=linear", "model.blocks=S", "model.moe.losses=[]"],
    ...["model.moe.dispatch={ name: dropless }", "train.algorithm={ name: group_dro }"],
    ...["model.moe.router={ name: softmax_top_k }", "train.in_split_samples=4"],
  ];
  const step = (count: number) =>
    firstStep("gmoe-shapes-domains", settings, count, `train.samples_per_domain=${4 / count}`);
  const [whole, parts] = [await step(1), await step(4)];
  const { group_dro_weights: weights } = whole.states;
  expect(Math.max(...weights!) - Math.min(...weights!)).toBeGreaterThan(1e-6);
  for (const [i, weight] of weights!.entries()) {
    expect(parts.states.group_dro_weights![i]).toBeCloseTo(weight, 6);
  }
  expect(Math.abs(parts.scalars.objective! - whole.scalars.objective!)).toBeLessThan(1e-5);
  expect(Math.abs(parts.gradNorm / whole.gradNorm - 1)).toBeLessThan(1e-5);
});

test.each(["irm", "coral"])("the penalty of %s is that of the whole update", async (name) => {
  const settings = [
    ...[...SMALL, "model.stem=linear", "model.blocks=S", "model.moe.losses=[]"],
    ...["model.moe.dispatch={ name: dropless }", `train.algorithm={ name: ${name} }`],
    ...["model.moe.router={ name: softmax_top_k }", "train.in_split_samples=4"],
  ];
  const step = (count: number) =>
    firstStep("gmoe-shapes-domains", settings, count, `train.samples_per_domain=${8 / count}`);
  const whole = await step(1);
  for (const count of [2, 4]) {
    const parts = await step(count);
    expect(Math.abs(parts.scalars.objective! - whole.scalars.objective!)).toBeLessThan(1e-5);
    expect(Math.abs(parts.gradNorm / whole.gradNorm - 1)).toBeLessThan(1e-5);
  }
});

async function validationScores(recipe: string, settings: readonly string[], size: number) {
  const sizes = [`train.batch_size=${size}`, "train.accumulation_steps=1"];
  const config = await loadTrainConfig(recipe, { overrides: [...settings, ...sizes] });
  const training = await setUpTraining(config);
  try {
    return await scoreSplit(training, "validation", silent);
  } finally {
    await training.dispose();
  }
}

const contrastive: System = [
  "contrastive scores",
  "quickstart",
  [
    ...SMALL,
    "data.validation_size=33",
    ...["model.stem=linear", "model.moe.dispatch={name: dropless}", "model.context_length=8"],
  ],
];

test.each([...systems, contrastive])(
  "%s: an evaluation has the same scores for all batch sizes",
  async (name, recipe, settings) => {
    const smallest = name === "contrastive scores" ? 2 : 1; // a batch of one compares nothing
    const more = recipe.includes("/") ? [] : ["data.validation_size=33"];
    const sizes = [smallest, 7, 32, 33, 64];
    const scores = [];
    for (const size of sizes) {
      scores.push(await validationScores(recipe, [...settings, ...more], size));
    }
    for (const [i, found] of scores.entries()) {
      for (const [score, value] of Object.entries(scores[0]!)) {
        expect(Math.abs(found[score]! - value), `${score} at ${sizes[i]}`).toBeLessThan(1e-6);
      }
    }
  },
  60_000,
);

test.each([
  // samples, batches of an update, passes, updates of batches of 16
  [48, 1, 10, 30],
  [48, 2, 10, 15],
  [64, 4, 3, 3],
  [16, 4, 3, 1], // an update is four passes
])(
  "%d samples, %d batches an update, %d passes: %d updates",
  async (size, count, epochs, steps) => {
    const overrides = [
      ...SMALL,
      ...[`data.train_size=${size}`, `train.epochs=${epochs}`, "train.batch_size=16"],
      ...[`train.accumulation_steps=${count}`, "model.stem=linear"],
    ];
    const training = await setUpTraining(await loadTrainConfig("diff-moe-shapes", { overrides }));
    try {
      expect(training.totalSteps).toBe(steps);
    } finally {
      await training.dispose();
    }
  },
);
