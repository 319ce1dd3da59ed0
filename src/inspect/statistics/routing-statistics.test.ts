import fc from "fast-check";
import { expect, test } from "vitest";
import { routingStatistics } from "./routing-statistics.ts";
import { maxViolation } from "./routing-sums.ts";

const entropy = (...p: number[]) => -p.reduce((sum, x) => sum + (x > 0 ? x * Math.log(x) : 0), 0);

test("maximal violation is the largest load over the mean, minus 1", () => {
  expect(maxViolation([4, 1, 3, 0])).toBe(1); // mean 2
  expect(maxViolation([3n, 3n])).toBe(0);
  expect(maxViolation([0, 0])).toBe(0);
});

test("loads, probabilities and choices by class accumulate over batches, by hand", () => {
  // Two samples of two tokens each, K = 2 of E = 3; first choices, then second choices.
  const statistics = routingStatistics({ values: { class: ["cat", "dog"] } });
  statistics.add("blocks.0.moe", {
    ids: { shape: [2, 4], data: [0, 0, 1, 0, /* second choices */ 1, 2, 2, 1] },
    probabilities: {
      shape: [4, 3],
      data: [0.5, 0.25, 0.25, 0.5, 0.25, 0.25, 0, 0.5, 0.5, 0.5, 0.5, 0],
    },
    labels: { class: [0, 1] },
  });
  statistics.add("blocks.0.moe", {
    ids: { shape: [2, 2], data: [2n, 2n, 0n, 0n] },
    probabilities: { shape: [2, 3], data: [0, 0, 1, 0, 0, 1] },
    labels: { class: [1, 1] },
  });
  const [layer, ...others] = statistics.layers();
  expect(others).toEqual([]);
  const { scores, labels, ...rest } = layer!;
  expect(rest).toEqual({
    layer: "blocks.0.moe",
    numExperts: 3,
    load: [5 / 12, 3 / 12, 4 / 12],
    importance: [1.5 / 6, 1.5 / 6, 3 / 6],
  });
  const local = (2 * entropy(0.5, 0.25, 0.25) + 2 * entropy(0.5, 0.5)) / 6;
  const global = entropy(0.25, 0.25, 0.5);
  const expected = {
    maxViolation: 0.25, // 5 over a mean of 4
    deadExperts: 0,
    localEntropy: local,
    globalEntropy: global,
    mutualInformation: global - local,
    gateConfidence: (4 * 0.5 + 2) / 6,
    successRate: 1,
    droppedFraction: 0,
  };
  expect(Object.keys(scores)).toEqual(Object.keys(expected));
  for (const [name, value] of Object.entries(expected)) {
    expect(scores[name as keyof typeof scores], name).toBeCloseTo(value, 12);
  }
  expect(labels).toHaveLength(1);
  const { label, values, counts, association } = labels![0]!;
  expect({ label, values, counts }).toEqual({
    label: "class",
    values: ["cat", "dog"],
    counts: [
      [2, 1, 1],
      [3, 2, 3],
    ],
  });
  // Expected counts 5/3, 1, 4/3 and 10/3, 2, 8/3.
  const third = 1 / 9;
  const chiSquare = third / (5 / 3) + third / (4 / 3) + third / (10 / 3) + third / (8 / 3);
  expect(association.chiSquare).toBeCloseTo(chiSquare, 12);
});

test("refused choices and padding: success is a fraction of the attempted assignments", () => {
  const statistics = routingStatistics();
  statistics.add("moe", {
    ids: { shape: [2, 4], data: [0, 2, 1, 1, /* second choices */ 1, 2, 2, 0] }, // 2 means none
    probabilities: { shape: [4, 2], data: [1, 0, 0.5, 0.5, 0.25, 0.75, 0.5, 0.5] },
    attempted: { shape: [4], data: [2, 2, 1, 2] },
    mask: { shape: [4], data: [1, 1, 1, 0] }, // the last is padding
  });
  const [{ load, importance, scores }] = statistics.layers() as [ReturnType<typeof statistics.layers>[0]]; // biome-ignore format: one expression
  expect(load).toEqual([1 / 3, 2 / 3]);
  expect(importance).toEqual([1.75 / 3, 1.25 / 3]);
  expect(scores.successRate).toBeCloseTo(3 / 5, 12);
  expect(scores.droppedFraction).toBeCloseTo(2 / 5, 12);
  expect(scores.gateConfidence).toBeCloseTo((1 + 0.5 + 0.75) / 3, 12);
});

test("all scores of unmasked tokens, by hand", () => {
  const rows = [
    [0.5, 0.25, 0.25],
    [0.75, 0.25, 0],
    [0.25, 0.5, 0.25],
  ];
  const scoresOf = (mask: number[]) => {
    const statistics = routingStatistics();
    statistics.add("moe", {
      // K = 2 of E = 3; 3 means a dropped choice, and the last token is padding.
      ids: { shape: [2, 4], data: [0, 0, 1, 3, /* second choices */ 1, 3, 3, 3] },
      probabilities: { shape: [4, 3], data: [...rows, [0, 0, 1]].flat() },
      attempted: { shape: [4], data: [2, 2, 2, 2] },
      mask: { shape: [4], data: mask },
    });
    return statistics.layers()[0]!;
  };
  const { load, importance, scores } = scoresOf([1, 1, 1, 0]);
  expect(load).toEqual([2 / 4, 2 / 4, 0]);
  expect(importance).toEqual([1.5 / 3, 1 / 3, 0.5 / 3]);
  const local = rows.reduce((sum, row) => sum + entropy(...row), 0) / 3;
  const global = entropy(1 / 2, 1 / 3, 1 / 6);
  const expected = {
    maxViolation: 0.5, // 2 over a mean of 4/3
    deadExperts: 1,
    localEntropy: local,
    globalEntropy: global,
    mutualInformation: global - local,
    gateConfidence: (0.5 + 0.75 + 0.5) / 3,
    successRate: 4 / 6,
    droppedFraction: 2 / 6,
  };
  for (const [name, value] of Object.entries(expected)) {
    expect(scores[name as keyof typeof scores], name).toBeCloseTo(value, 12);
  }
  const none = scoresOf([0, 0, 0, 0]);
  const { deadExperts, droppedFraction, ...rest } = none.scores;
  expect([deadExperts, droppedFraction]).toEqual([3, 1]); // without tokens all experts are dead
  expect(new Set([...none.load, ...none.importance, ...Object.values(rest)])).toEqual(new Set([0]));
});

test("success is a fraction of the attempted assignments, which may be fewer than K per token", () => {
  const success = (attempted: number[], mask: number[]) => {
    const statistics = routingStatistics();
    statistics.add("moe", {
      ids: { shape: [2, 4], data: [0, 0, 1, 3, 1, 3, 3, 3] }, // 2, 1, 1 and 0 experts
      probabilities: { shape: [4, 3], data: Array(12).fill(1 / 3) },
      attempted: { shape: [4], data: attempted },
      mask: { shape: [4], data: mask },
    });
    return statistics.layers()[0]!.scores.successRate;
  };
  expect(success([2, 1, 2, 2], [1, 1, 1, 0])).toBeCloseTo(4 / 5, 12);
  expect(success([1, 1, 1, 1], [1, 1, 1, 1])).toBeCloseTo(3 / 4, 12); // one each is enough
  expect(success([2, 1, 2, 2], [0, 0, 0, 0])).toBe(0);
});

test("masked tokens are ignored, whatever their values, and scores are finite", () => {
  const [N, K, E] = [6, 2, 4];
  const tokens = fc.array(
    fc.record({
      ids: fc.array(fc.nat(E), { minLength: K, maxLength: K }),
      logits: fc.array(fc.constantFrom(0, 1, 1e4, -1e4), { minLength: E, maxLength: E }),
      kept: fc.boolean(),
    }),
    { minLength: N, maxLength: N },
  );
  type Tokens = typeof tokens extends fc.Arbitrary<infer T> ? T : never;
  const statisticsOf = (given: Tokens, masked: boolean) => {
    const statistics = routingStatistics();
    statistics.add("moe", {
      ids: {
        shape: [K, given.length],
        data: Array.from({ length: K }, (_, k) => given.map(({ ids }) => ids[k]!)).flat(),
      },
      probabilities: {
        shape: [given.length, E],
        data: given.flatMap(({ logits }) => {
          const exps = logits.map((z) => Math.exp(z - Math.max(...logits)));
          return exps.map((value) => value / exps.reduce((sum, each) => sum + each, 0));
        }),
      },
      attempted: { shape: [given.length], data: given.map(() => K) },
      ...(masked && { mask: { shape: [N], data: given.map(({ kept }) => Number(kept)) } }),
    });
    return statistics.layers()[0]!;
  };
  fc.assert(
    fc.property(tokens, (given) => {
      const whole = statisticsOf(given, true);
      expect(whole).toEqual(statisticsOf(given.filter(({ kept }) => kept), false)); // biome-ignore format: one expression
      expect(Object.values(whole.scores).every(Number.isFinite)).toBe(true);
    }),
  );
});

test("expert choice: a token accepted by any expert is a success", () => {
  const statistics = routingStatistics();
  statistics.add("moe", {
    // K = E = 3; token 0 has two experts, token 1 none, token 2 one.
    ids: { shape: [3, 3], data: [2, 3, 0, 0, 3, 3, 3, 3, 3] },
    probabilities: { shape: [3, 3], data: Array(9).fill(1 / 3) },
    attempted: { shape: [3], data: [1, 1, 1] },
  });
  const { load, scores } = statistics.layers()[0]!;
  expect(load).toEqual([2 / 3, 0, 1 / 3]);
  expect(scores).toMatchObject({ maxViolation: 1, deadExperts: 1 });
  expect(scores.successRate).toBeCloseTo(2 / 3, 12);
});

test("if all experts have every token, labels count gates", () => {
  const statistics = routingStatistics();
  statistics.add("moe", {
    ids: { shape: [2, 2], data: [0, 1, 1, 0] },
    probabilities: { shape: [2, 2], data: [0.75, 0.25, 0.25, 0.75] },
    labels: { domain: ["sketch", "photo"] },
  });
  const { load, scores, labels } = statistics.layers()[0]!;
  expect(load).toEqual([0.5, 0.5]);
  expect(scores.maxViolation).toBe(0);
  expect(labels![0]).toMatchObject({
    values: ["photo", "sketch"],
    counts: [
      [0.25, 0.75],
      [0.75, 0.25],
    ],
  });
  const information = 2 * 0.375 * Math.log(1.5) + 2 * 0.125 * Math.log(0.5);
  expect(labels![0]!.association.mutualInformation).toBeCloseTo(information, 12);
});

test("routing by modality, and association of experts with modalities", () => {
  const statistics = routingStatistics();
  const batch = (image: number[], text: number[], ids: number[]) => ({
    ids: { shape: [1, 3], data: ids },
    probabilities: { shape: [3, 2], data: ids.flatMap((id) => (id === 0 ? [1, 0] : [0, 1])) },
    modalities: { image: { shape: [3], data: image }, text: { shape: [3], data: text } },
  });
  statistics.add("moe", batch([1, 1, 0], [0, 0, 1], [0, 0, 1]));
  statistics.add("moe", batch([1, 0, 0], [0, 1, 1], [0, 1, 1]));
  const { modalities, labels } = statistics.layers()[0]!;
  expect(modalities!.map(({ modality, load }) => [modality, load])).toEqual([
    ["image", [1, 0]],
    ["text", [0, 1]],
  ]);
  expect(modalities![0]!.scores.gateConfidence).toBe(1);
  expect(labels![0]).toMatchObject({ label: "modality", values: ["image", "text"] });
  expect(labels![0]!.association.normalizedMutualInformation).toBeCloseTo(1, 12);

  const alone = routingStatistics();
  alone.add("moe", batch([1, 1, 1], [0, 0, 0], [0, 1, 1]));
  const [layer] = alone.layers();
  expect(layer!.modalities!.map(({ modality }) => modality)).toEqual(["image"]);
  expect(layer!.labels).toBeUndefined();
});

test("for image-text pairs, labels count image tokens only", () => {
  const statistics = routingStatistics();
  statistics.add("moe", {
    ids: { shape: [1, 4], data: [0, 1, 0, 1] }, // an image and a word, twice
    probabilities: { shape: [4, 2], data: [1, 0, 0, 1, 1, 0, 0, 1] },
    modalities: {
      image: { shape: [4], data: [1, 0, 1, 0] },
      text: { shape: [4], data: [0, 1, 0, 1] },
    },
    labels: { color: ["red", "blue"] },
  });
  const [modalities, colors] = statistics.layers()[0]!.labels!;
  expect(modalities).toMatchObject({ label: "modality" });
  expect(modalities!.modality).toBeUndefined();
  expect(colors).toMatchObject({
    label: "color",
    modality: "image",
    values: ["blue", "red"],
    counts: [
      [1, 0],
      [1, 0],
    ],
  });
});

test("samples without a value are skipped, and unused values stay empty", () => {
  const statistics = routingStatistics({ values: { class: ["a", "b", "c"] } });
  statistics.add("moe", {
    ids: { shape: [1, 4], data: [0, 1, 1, 1] },
    probabilities: { shape: [4, 2], data: [1, 0, 0, 1, 0, 1, 0, 1] },
    labels: { class: [0, 2], color: ["red", undefined] },
  });
  const [classes, colors] = statistics.layers()[0]!.labels!;
  expect(classes!.counts).toEqual([
    [1, 1],
    [0, 0],
    [0, 2],
  ]);
  expect(colors).toMatchObject({ values: ["red"], counts: [[1, 1]] });
});

test("hand-computed: token labels count for their token, and within each domain", () => {
  const statistics = routingStatistics({ byDomain: true });
  // Two samples of two tokens, K = 1 of E = 2.
  statistics.add("moe", {
    ids: { shape: [1, 4], data: [0, 1, 1, 1] },
    probabilities: { shape: [4, 2], data: [1, 0, 0, 1, 0, 1, 0, 1] },
    labels: {
      domain: ["photo", "sketch"],
      shape: ["circle", undefined, "star", "circle"],
    },
  });
  const [domain, shape] = statistics.layers()[0]!.labels!;
  expect(domain).toMatchObject({
    label: "domain",
    values: ["photo", "sketch"],
    counts: [
      [1, 1],
      [0, 2],
    ],
  });
  expect(domain!.byDomain).toBeUndefined();
  expect(shape).toMatchObject({
    values: ["circle", "star"],
    counts: [
      [1, 1],
      [0, 1],
    ],
    byDomain: [
      { domain: "photo", values: ["circle"], counts: [[1, 0]] },
      { domain: "sketch", values: ["circle", "star"], counts: [[0, 1], [0, 1]] }, // biome-ignore format: short
    ],
  });
  expect(shape!.byDomain![1]!.association.cramersV).toBe(0); // one expert only
  const plain = routingStatistics();
  plain.add("moe", {
    ids: { shape: [1, 2], data: [0, 1] },
    probabilities: { shape: [2, 2], data: [1, 0, 0, 1] },
    labels: { domain: ["photo"], class: ["cat"] },
  });
  expect(plain.layers()[0]!.labels!.every((table) => table.byDomain === undefined)).toBe(true);
});
