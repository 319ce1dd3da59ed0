/** Diff-MoE with text against PyTorch; the fixtures come from `../fixtures/make_diff_moe_text.py`. */
import { describe, expect, test } from "vitest";
import { fromSnakeCase } from "../../config/case.ts";
import { allocate, type NdArray, toNumbers } from "../../graph/array.ts";
import { batch } from "../../graph/shape.ts";
import {
  evaluationGraph,
  GRADIENT_PREFIX,
  type Objective,
  trainingGraph,
} from "../../learn/step-graph.ts";
import { reduceMean } from "../../ops/reduce.ts";
import { nativeRuntime } from "../../runtime/native/native.ts";
import { promptObjective } from "../../tasks/matching/class-prompts.ts";
import { captionObjective } from "../../tasks/matching/task.ts";
import { expectClose, type PyTorchFixture, readFixture } from "../pytorch.fixture.ts";
import {
  type DiffMoeSettings,
  diffMoeConfig,
  diffMoeMatchingConfig,
  diffMoeSchema,
} from "./config.ts";
import { diffMoe } from "./diff-moe.ts";

const sizes = { numClasses: 5, vocabularySize: 13 };

function settingsOf(more: object): DiffMoeSettings {
  return fromSnakeCase(
    diffMoeSchema.parse({
      system: "diff-moe",
      patch_size: 4,
      width: 16,
      num_layers: 2,
      num_heads: 2,
      mlp_ratio: 2,
      num_shared_experts: 3,
      num_modality_specific_experts: 1,
      num_general_experts: 4,
      dropout: 0,
      text_embed_dim: 6,
      context_length: 9,
      loss_weights: { contrastive: 0.5, alignment: 0.25 },
      ...more,
    }),
  );
}

const contrastive = { temperature: 0.2, embed_dim: 5 };
const captions = settingsOf({ text: "captions", contrastive });
const global = settingsOf({
  text: "captions",
  layout: "global",
  text_layers: 1,
  contrastive: { ...contrastive, form: "siglip", learned_temperature: true },
});
const prompts = settingsOf({ text: "prompts", contrastive });

const caption = (settings: DiffMoeSettings): Objective =>
  captionObjective(settings, diffMoeMatchingConfig(settings, sizes));
const prompt = ({ arrays }: PyTorchFixture): Objective =>
  promptObjective(prompts, diffMoeMatchingConfig(prompts, sizes), {
    ids: arrays.tokens as NdArray<"int64">,
    lengths: arrays.lengths as NdArray<"int64">,
  });

const cases = {
  "diff-moe-captions": () => caption(captions),
  "diff-moe-global": () => caption(global),
  "diff-moe-prompts": prompt,
} as const;

const IMAGE = [2, 12, 12] as const;

/** Evaluates a batch and returns every output and tap. */
async function evaluate(
  objective: Objective,
  weights: Readonly<Record<string, NdArray>>,
  batchOf: Readonly<Record<string, NdArray>>,
): Promise<Record<string, NdArray>> {
  const B = batch();
  const { model } = evaluationGraph(
    objective,
    {
      images: { dtype: "float32", shape: [B, ...IMAGE] },
      labels: { dtype: "int64", shape: [B] },
      tokens: { dtype: "int64", shape: [B, 7] },
      lengths: { dtype: "int64", shape: [B] },
    },
    { tap: () => true },
  );
  const session = await nativeRuntime().createSession(model.bytes, { threads: 1 });
  try {
    const all = { ...weights, ...batchOf };
    return await session.run(
      Object.fromEntries(model.inputs.map(({ name }) => [name, all[name as keyof typeof all]!])),
    );
  } finally {
    session.dispose();
  }
}

const batchOf = ({ arrays: { images, labels, tokens, lengths } }: PyTorchFixture) => ({
  images: images!,
  labels: labels!,
  tokens: tokens!,
  lengths: lengths!,
});

describe.each(Object.entries(cases))("%s equals PyTorch", (name, create) => {
  const fixture = readFixture(name);
  const { arrays, weights, gradients } = fixture;

  test("names, loss and every gradient", async () => {
    const spec = Object.entries(batchOf(fixture)).map(
      ([key, { dtype, shape }]) => [key, { dtype, shape }] as const,
    );
    const { model, trace } = trainingGraph(create(fixture), Object.fromEntries(spec));
    expect([...trace.parameters.keys()].sort()).toEqual(Object.keys(weights).sort());
    const session = await nativeRuntime().createSession(model.bytes, { threads: 1 });
    try {
      const all: Record<string, NdArray> = { ...weights, ...batchOf(fixture) };
      const results = await session.run(
        Object.fromEntries(model.inputs.map((input) => [input.name, all[input.name]!])),
      );
      expectClose("loss", results.loss!, arrays.loss!, 1e-5);
      expectClose("objective", results.objective!, arrays.objective!, 1e-5);
      for (const [parameter, gradient] of Object.entries(gradients)) {
        expectClose(parameter, results[GRADIENT_PREFIX + parameter]!, gradient, 1e-4);
      }
    } finally {
      session.dispose();
    }
  });

  test("results in evaluation", async () => {
    const results = await evaluate(create(fixture), weights, batchOf(fixture));
    const compared = Object.keys(arrays).filter(
      (key) => key in results && !(key in batchOf(fixture)),
    );
    expect(compared.length).toBeGreaterThan(3);
    for (const key of compared) expectClose(key, results[key]!, arrays[key]!, 1e-5);
  });
});

test("an image without text gives the results of a model without text", async () => {
  const { arrays, weights } = readFixture("diff-moe-captions");
  const { images, labels, tokens } = arrays;
  const none = allocate("int64", [images!.shape[0]!]);
  const batchOfNone = { images: images!, labels: labels!, tokens: tokens!, lengths: none };
  const results = await evaluate(caption(captions), weights, batchOfNone);
  const alone = await evaluate(
    (scope, { images: pictures }) => {
      const logits = diffMoe(scope, pictures!, diffMoeConfig(captions, sizes.numClasses));
      return { loss: reduceMean(logits), outputs: { logits } };
    },
    weights,
    { images: images! },
  );
  expectClose("logits", results.logits!, alone.logits!, 1e-5);
  const { data } = results.match_scores!;
  expect(data[0]).toBeCloseTo(Number(data[1]), 5); // neither has a caption
});

test("padding has no effect, and nothing attends to words after the end", async () => {
  const fixture = readFixture("diff-moe-global");
  const { tokens, lengths } = fixture.arrays;
  const padded = { ...tokens!, data: tokens!.data.slice() } as NdArray<"int64">;
  for (let row = 0; row < lengths!.data.length; row++) {
    for (let at = Number(lengths!.data[row]); at < 7; at++) padded.data[row * 7 + at] = 12n;
  }
  const usual = await evaluate(caption(global), fixture.weights, batchOf(fixture));
  const other = await evaluate(caption(global), fixture.weights, {
    ...batchOf(fixture),
    tokens: padded,
  });
  for (const name of ["logits", "match_scores", "text_embeddings", "image_embeddings"]) {
    expect(other[name]!.data, name).toEqual(usual[name]!.data);
  }
  const attention = usual["blocks.0.fusion.attn.weights"]!; // [1, B*3, H, S, L]
  expect(attention.shape).toEqual([1, 18, 2, 9, 7]);
  const ofSecondPass = attention.data.slice((3 + 1) * 2 * 9 * 7, (3 + 2) * 2 * 9 * 7);
  for (let at = 0; at < ofSecondPass.length; at++) {
    if (at % 7 >= Number(lengths!.data[1])) expect(ofSecondPass[at]).toBe(0);
  }
});

describe("no result depends on labels", () => {
  test.each(Object.entries(cases))("%s", async (name, create) => {
    const fixture = readFixture(name);
    const usual = await evaluate(create(fixture), fixture.weights, batchOf(fixture));
    const permuted = {
      ...fixture.arrays.labels!,
      data: BigInt64Array.from(toNumbers(fixture.arrays.labels!), (label) =>
        BigInt((label + 1) % 5),
      ),
    } as NdArray<"int64">;
    const other = await evaluate(create(fixture), fixture.weights, {
      ...batchOf(fixture),
      labels: permuted,
    });
    expect(other.loss!.data).not.toEqual(usual.loss!.data); // labels are targets
    const predictions = Object.keys(usual).filter((key) => usual[key]!.shape.length > 0);
    expect(predictions).toContain("logits");
    for (const key of predictions) expect(other[key]!.data, key).toEqual(usual[key]!.data);
  });

  test("embeddings and class logits of images do not depend on captions", async () => {
    const fixture = readFixture("diff-moe-captions");
    const usual = await evaluate(caption(captions), fixture.weights, batchOf(fixture));
    const { tokens } = fixture.arrays;
    const other = await evaluate(caption(captions), fixture.weights, {
      ...batchOf(fixture),
      tokens: { ...tokens!, data: tokens!.data.toReversed() } as NdArray<"int64">,
    });
    expect(other.match_scores!.data).not.toEqual(usual.match_scores!.data);
    for (const name of ["image_embeddings", "logits"]) {
      expect(other[name]!.data, name).toEqual(usual[name]!.data);
    }
  });

  test("prompts are constants: the graph takes no text", () => {
    const fixture = readFixture("diff-moe-prompts");
    const { model } = evaluationGraph(prompt(fixture), {
      images: { dtype: "float32", shape: [batch(), ...IMAGE] },
      labels: { dtype: "int64", shape: [batch()] },
      tokens: { dtype: "int64", shape: [batch(), 7] },
      lengths: { dtype: "int64", shape: [batch()] },
    });
    const fed = model.inputs.filter(({ role }) => role === "data" || role === undefined);
    expect(fed.map(({ name }) => name).sort()).toEqual(["images", "labels"]);
  });
});

test("inconsistent settings are refused", () => {
  const refuse = (more: object) => () => diffMoeMatchingConfig(settingsOf(more), sizes);
  expect(refuse({ text: "prompts", contrastive: { form: "siglip" } })).toThrow(
    "model.contrastive.form siglip requires captions",
  );
  expect(refuse({ layout: "global", num_general_experts: 1 })).toThrow(/2/);
  expect(refuse({ num_heads: 3 })).toThrow("model.width 16 cannot be divided among");
});
