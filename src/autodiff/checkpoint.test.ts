import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { array, toNumbers } from "../graph/array.ts";
import { createGraph, type Phase } from "../graph/graph.ts";
import { input } from "../graph/inputs.ts";
import { exp, mul } from "../ops/arithmetic.ts";
import { reduceSum } from "../ops/reduce.ts";
import { evaluate } from "../runtime/evaluate.ts";
import { readProfile } from "../runtime/profile/file.ts";
import type { NodeTiming } from "../runtime/profile/profile.ts";
import { runStep, type Sizes, stepGraph } from "./checkpoint.fixture.ts";
import { blockSegments, type SegmentOf } from "./checkpoint.ts";
import { gradients } from "./gradients.ts";

const attention: SegmentOf = (place) => /^blocks\.\d+\.attn/.exec(place)?.[0];
const segmentations: Readonly<Record<string, SegmentOf>> = {
  blocks: blockSegments,
  "attention alone": attention,
  "every scope by itself": (place) => place,
  "two blocks in one": (place) => (/^blocks\.[01]\b/.test(place) ? "lower" : blockSegments(place)),
  "experts apart from routers": (place) => /^blocks\.\d+\.moe\.(experts|router)/.exec(place)?.[0],
};

function countOf(phase: Phase, graph: ReturnType<typeof stepGraph>): number {
  return graph.trace.graph.nodes.filter((node) => node.phase === phase).length;
}

test.each(Object.entries(segmentations))(
  "gradients have the same bits if %s are recomputed",
  async (_, checkpoint) => {
    const tap = (name: string) => /\.(output|ids)$/.test(name); // results of segments are outputs too
    const plain = stepGraph({ tap });
    const twice = stepGraph({ tap, checkpoint });
    expect(countOf("recompute", plain)).toBe(0);
    expect(countOf("recompute", twice)).toBeGreaterThan(10);
    const [expected, got] = [await runStep(plain), await runStep(twice)];
    expect(Object.keys(got.outputs)).toEqual(Object.keys(expected.outputs));
    expect(toNumbers(expected.outputs["gradient:blocks.0.attn.qkv.weight"]!).some(Boolean)).toBe(
      true,
    );
    expect(got.outputs).toEqual(expected.outputs);
  },
);

test("a segment that ends in the loss is not recomputed", async () => {
  const whole = stepGraph({ checkpoint: () => "all" });
  expect(countOf("recompute", whole)).toBe(0);
});

test("the copies belong to the segment's own nodes and keep their places", () => {
  const { nodes } = stepGraph({ checkpoint: attention }).trace.graph;
  const places = new Set(
    nodes.filter(({ phase }) => phase === "recompute").map(({ place }) => place),
  );
  expect([...places].sort()).toEqual(
    [0, 1, 2].flatMap((i) => [`blocks.${i}.attn.proj`, `blocks.${i}.attn.qkv`]),
  );
});

test("a copy of values that depend only on inputs waits too", async () => {
  const [dx] = await evaluate(
    (x) => {
      x.graph.place = "blocks.0";
      const y = exp(mul(x, 2)); // depends only on a graph input
      x.graph.place = "head";
      const [dx] = gradients(reduceSum(mul(y, y)), [x], { checkpoint: blockSegments });
      const copies = x.graph.nodes.filter(({ phase }) => phase === "recompute");
      expect(copies.map(({ op }) => op.name)).toEqual(["mul", "exp"]);
      const [mulInputs] = copies.map(({ inputs }) => inputs.map(({ node }) => node.op.name));
      expect(mulInputs).toEqual(["input", "after"]); // the smaller one waits: the constant 2
      return [dx!];
    },
    [array([0, 0.5])],
  );
  expect(toNumbers(dx!)[0]).toBe(4); // 4 exp(4 x)
  expect(toNumbers(dx!)[1]).toBeCloseTo(4 * Math.exp(2), 4);
});

test("blocks are found by their names", () => {
  expect(blockSegments("blocks.3.moe.experts.0.fc1")).toBe("blocks.3");
  expect(blockSegments("image.layers.11")).toBe("image.layers.11");
  expect(blockSegments("blocks")).toBeUndefined();
  expect(blockSegments("patch_embed.proj")).toBeUndefined();
});

test("a segmentation that names nothing leaves the graph as it is", () => {
  const graph = createGraph();
  const x = input(graph, "x", { dtype: "float32", shape: [2] });
  gradients(reduceSum(exp(x)), [x], { checkpoint: () => undefined });
  expect(graph.nodes.every(({ phase, op }) => phase !== "recompute" && op.name !== "after")).toBe(
    true,
  );
});

test("ONNX Runtime recomputes the copies late and uses less memory", async () => {
  const sizes: Sizes = { rows: 512, width: 64, blocks: 4 };
  const folder = await mkdtemp(join(tmpdir(), "moesaic-checkpoint-"));
  try {
    const profileOf = async (options: Parameters<typeof stepGraph>[0]) => {
      const { profile } = await runStep(stepGraph(options, sizes), {
        sizes,
        memoryPattern: false,
        profile: join(folder, "step"),
      });
      return readProfile(profile!, { warmUp: 0 });
    };
    const plain = await profileOf({});
    const twice = await profileOf({ checkpoint: blockSegments });
    const isProduct = ({ operator }: NodeTiming) => /Gemm|MatMul/.test(operator);
    const products = (phase: Phase) =>
      twice.timings.filter((timing) => timing.phase === phase && isProduct(timing));

    // Nothing was merged: the forward products of each block appear twice.
    const inBlocks = products("forward").filter(({ place }) => blockSegments(place!) !== undefined);
    const lost = inBlocks.length - products("recompute").length;
    expect(products("recompute").length).toBeGreaterThan(40);
    expect(lost).toBe(4); // the sum over choices at the end of a block is not an input

    // Copies of a block run after the backward pass of the block above has started.
    const first = (phase: Phase, block: number) =>
      twice.timings.findIndex(
        (timing) =>
          timing.phase === phase &&
          isProduct(timing) &&
          timing.place!.startsWith(`blocks.${block}.`),
      );
    for (const block of [0, 1, 2]) {
      expect(first("recompute", block)).toBeGreaterThan(first("backward", block + 1));
    }
    expect(twice.peakBytes!).toBeLessThan(0.65 * plain.peakBytes!);
  } finally {
    await rm(folder, { recursive: true });
  }
});
