/** A synthetic run with realistic data: drawn images, plausible curves and routing. */

import { attentionLayer } from "../inspect/attention.ts";
import { patchDecisions } from "../inspect/decisions.ts";
import { labelRouting } from "../inspect/statistics/routing-labels.ts";
import { maxViolation } from "../inspect/statistics/routing-sums.ts";
import type { ImageAttention } from "../inspect/types/attention.ts";
import type { Prediction, RecordedImage } from "../inspect/types/image.ts";
import type { Mosaic, MosaicLayer } from "../inspect/types/mosaic.ts";
import type { LayerRouting } from "../inspect/types/routing.ts";
import type { MetricEvent, RunRecord } from "../inspect/types/run-record.ts";

const classNames = ["circle", "square", "triangle", "star", "ring", "cross", "heart", "crescent"];
const domains = ["flat", "inverted", "noisy", "outline"];
const colors = ["blue", "green", "purple", "red", "yellow"];
const side = 32;
const patch = 4;
const grid = side / patch;

/** A deterministic generator of numbers from 0 to 1 (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Scene {
  readonly image: RecordedImage;
  /** Fraction of each patch covered by the shape, 0 to 1. */
  readonly cover: readonly number[]; // [S]
}

const inside: readonly ((x: number, y: number) => boolean)[] = [
  (x, y) => Math.hypot(x, y) < 0.9,
  (x, y) => Math.max(Math.abs(x), Math.abs(y)) < 0.75,
  (x, y) => y < 0.7 && y > -0.9 && Math.abs(x) < (y + 0.9) * 0.6,
  (x, y) => Math.hypot(x, y) < 0.5 + 0.4 * Math.cos(5 * Math.atan2(x, -y)),
  (x, y) => Math.abs(Math.hypot(x, y) - 0.7) < 0.22,
  (x, y) => Math.min(Math.abs(x), Math.abs(y)) < 0.26 && Math.max(Math.abs(x), Math.abs(y)) < 0.9,
  (x, y) => (x * x + y * y - 0.5) ** 3 + x * x * y ** 3 < 0,
  (x, y) => Math.hypot(x, y) < 0.9 && Math.hypot(x - 0.4, y + 0.15) > 0.7,
];

/** Draws one shape on a graded background. */
export function scene(label: number, seed: number): Scene {
  const random = generator(seed);
  const hue = (): number[] => Array.from({ length: 3 }, () => 40 + 200 * random());
  const [ground, sky, paint] = [hue(), hue(), hue()];
  const [centreX, centreY] = [12 + 8 * random(), 12 + 8 * random()];
  const radius = 7 + 5 * random();
  const turn = random() * 0.8 - 0.4;
  const data = new Uint8Array(side * side * 3);
  const cover = new Array<number>(grid * grid).fill(0);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const [u, v] = [(x - centreX) / radius, (y - centreY) / radius];
      const hit = inside[label]!(
        u * Math.cos(turn) - v * Math.sin(turn),
        u * Math.sin(turn) + v * Math.cos(turn),
      );
      const at = Math.floor(y / patch) * grid + Math.floor(x / patch);
      if (hit) cover[at] = cover[at]! + 1 / patch ** 2;
      for (let c = 0; c < 3; c++) {
        const back = (ground![c]! * y + sky![c]! * (side - y)) / side;
        const value = (hit ? paint![c]! : back * 0.6 + 60) + 18 * (random() - 0.5);
        data[(y * side + x) * 3 + c] = Math.max(0, Math.min(255, Math.round(value)));
      }
    }
  }
  return { image: { width: side, height: side, channels: 3, data }, cover };
}

function routePatches(cover: readonly number[], depth: number, experts: number, seed: number) {
  const random = generator(seed);
  const ids: number[] = [];
  const weights: number[] = [];
  cover.forEach((share, i) => {
    const row = Math.floor(i / grid);
    const edge = share > 0 && share < 1;
    const kind = share === 1 ? 4 : edge ? 2 + Number(share > 0.5) : row < grid / 2 ? 0 : 1;
    const stray = random() < 0.3 / (depth + 1);
    const expert = stray ? Math.floor(random() * experts) : kind + ((depth * 3) % (experts - 4));
    ids.push(expert % experts);
    weights.push(0.2 + 0.8 * random());
  });
  return { ids, weights };
}

interface FixtureOptions {
  readonly layers?: number;
  readonly experts?: number;
  readonly steps?: number;
  readonly samples?: number;
}

/** A complete run; every part is present. */
export function fixtureRun(options: FixtureOptions = {}): RunRecord {
  const { layers = 4, experts = 8, steps = 1500, samples = 12 } = options;
  const names = Array.from({ length: layers }, (_, i) => `blocks.${i}.moe`);
  const random = generator(7);
  const mosaics: Mosaic[] = Array.from({ length: samples }, (_, i) => {
    const label = i % classNames.length;
    const { image, cover } = scene(label, 100 + i);
    return {
      image,
      label,
      ...(i < 3 ? { attention: fixtureAttention(cover, Math.min(layers, 2), i === 0) } : {}),
      ...(i < 3 ? { decisions: fixtureDecisions(names, experts, i) } : {}),
      ...(i % 2 === 0 ? { caption: `a small red ${classNames[label]} left of a blue star` } : {}),
      layers: names.map((layer, depth): MosaicLayer => {
        const { ids, weights } = routePatches(cover, depth, experts, 1000 * i + depth);
        // Every second layer has weights, to cover both cases.
        const known = depth % 2 === 0 ? { combineWeights: [weights] } : {};
        return { layer, rows: grid, cols: grid, ids: [ids], ...known };
      }),
    };
  });
  const confusion = classNames.map((_, i) =>
    classNames.map((_, j) =>
      i === j ? 480 + Math.floor(30 * random()) : Math.floor(9 * random() ** 4),
    ),
  );
  return {
    name: "quickstart",
    recipe: "quickstart",
    config: {
      recipe: "quickstart",
      seed: 1,
      model: { width: 128, num_layers: layers, num_experts: experts, num_selected_experts: 2 },
      train: { max_steps: steps, batch_size: 64, learning_rate: 0.001 },
    },
    summary: {
      recipe: "quickstart",
      seed: 1,
      steps,
      train_seconds: 92.4,
      tokens_per_second: 66_600,
      parameters: { total: 4_512_000, active: 2_104_000 },
      validation: { accuracy: 0.9675, loss: 0.1183 },
      test: { accuracy: 0.964, loss: 0.1214 },
      versions: { moesaic: "0.1.0", node: "20.20.0", onnxruntime: "1.30.0" },
    },
    metrics: fixtureMetrics(names, experts, steps),
    classNames,
    confusion,
    predictions: fixturePredictions(),
    routing: names.map((layer, depth) => fixtureRouting(layer, depth, experts)),
    agreement: {
      first: "the best (step 1200)",
      second: "the last (step 1500)",
      split: "validation",
      layers: names.map((layer, depth) => {
        const own = {
          firstChoice: 0.97 - 0.02 * depth,
          overlap: 0.95,
          kappa: 0.96,
          permutation: [],
        };
        return { layer, tokens: 65_536, own, matched: own };
      }),
    },
    mosaics,
  };
}

/** Patches attend to neighbours, the later layer to the shape; one word is the shape. */
function fixtureAttention(
  cover: readonly number[],
  layers: number,
  withText: boolean,
): ImageAttention {
  const [heads, patches] = [2, grid * grid];
  const words = [["<start>", "a", "small", "red", "circle", "<end>"]];
  const table = (
    layer: string,
    keys: number,
    score: (h: number, s: number, t: number) => number,
  ) => {
    const data = Array.from({ length: heads * patches * keys }, (_, at) =>
      score(Math.floor(at / (patches * keys)), Math.floor(at / keys) % patches, at % keys),
    );
    return attentionLayer({
      layer,
      weights: { shape: [1, 1, heads, patches, keys], data },
      sample: 0,
    });
  };
  const near = (s: number, t: number): number =>
    Math.exp(
      -Math.hypot((s % grid) - (t % grid), Math.floor(s / grid) - Math.floor(t / grid)) / 1.5,
    );
  const depths = Array.from({ length: layers }, (_, depth) => depth);
  return {
    rows: grid,
    cols: grid,
    layers: depths.map((depth) =>
      table(`blocks.${depth}.attn`, patches, (h, s, t) =>
        depth + h === 0 ? near(s, t) : 0.1 + (depth + h) * cover[t]!,
      ),
    ),
    ...(withText && {
      text: {
        words,
        layers: depths.map((depth) =>
          table(`blocks.${depth}.fusion.attn`, 6, (_, s, t) =>
            t === 4 ? 0.1 + 2 * cover[s]! : 0.3,
          ),
        ),
      },
    }),
  };
}

function fixtureDecisions(names: readonly string[], experts: number, seed: number) {
  const random = generator(900 + seed);
  const patches = grid * grid;
  const layers = names.map((layer) => {
    const data = Array.from({ length: patches }, () => {
      const raw = Array.from({ length: experts }, () => random() ** 4);
      const total = raw.reduce((sum, value) => sum + value, 0);
      return raw.map((value) => value / total);
    });
    const order = data.map((row) => row.map((_, e) => e).sort((a, b) => row[b]! - row[a]!));
    return {
      layer,
      ids: { shape: [2, patches], data: [0, 1].flatMap((k) => order.map((row) => row[k]!)) },
      probabilities: { shape: [patches, experts], data: data.flat() },
    };
  });
  return patchDecisions({ layers, rows: grid, columns: grid, sample: 0 });
}

function fixtureRouting(layer: string, depth: number, experts: number): LayerRouting {
  const random = generator(50 + depth);
  // The last layer has a dead and an overloaded expert.
  const skewed = depth === 3;
  const raw = Array.from({ length: experts }, (_, e) =>
    skewed && e === 2 ? 0.02 : skewed && e === 5 ? 3.4 : 0.6 + 0.8 * random(),
  );
  const total = raw.reduce((sum, value) => sum + value, 0);
  const load = raw.map((value) => value / total);
  const byValue = (values: readonly string[], strength: number) =>
    values.map((_, c) =>
      load.map((share, e) =>
        Math.round(4000 * share * (0.25 + ((c + e + depth) % 4 === 0 ? strength : random()))),
      ),
    );
  const localEntropy = 1.6 - 0.2 * depth;
  const scores = {
    maxViolation: maxViolation(load),
    deadExperts: 0,
    localEntropy,
    globalEntropy: 2.05,
    mutualInformation: 2.05 - localEntropy,
    gateConfidence: 0.4 + 0.1 * depth,
    successRate: 1 - 0.01 * depth,
    droppedFraction: 0.01 * depth,
  };
  const labels = [
    labelRouting("class", classNames, byValue(classNames, 3)),
    labelRouting("domain", domains, byValue(domains, 6)),
    labelRouting("color", colors, byValue(colors, 1)),
  ];
  const expertKinds = load.map((_, e) => (e < experts - 2 ? "shared" : "modality"));
  return { layer, numExperts: experts, expertKinds, load, importance: load, scores, labels };
}

function fixturePredictions(): Prediction[] {
  return Array.from({ length: 20 }, (_, i) => {
    const label = i % classNames.length;
    const predicted = i < 9 ? (label + 1 + (i % 3)) % classNames.length : label;
    const random = generator(400 + i);
    const logits = classNames.map((_, c) =>
      c === predicted ? 4 : c === label ? 3 : 1.5 * random(),
    );
    const total = logits.reduce((sum, value) => sum + Math.exp(value), 0);
    const probabilities = logits.map((value) => Math.exp(value) / total);
    return { image: scene(label, 700 + i).image, label, predicted, probabilities };
  });
}

function fixtureMetrics(layers: readonly string[], experts: number, steps: number): MetricEvent[] {
  const random = generator(3);
  const events: MetricEvent[] = [];
  for (let step = 1; step <= steps; step++) {
    const done = step / steps;
    const log = (split: string, name: string, value: number): void => {
      events.push({ step, epoch: Math.floor(done * 5), split, name, value, seconds: step * 0.06 });
    };
    const noise = (): number => 0.85 + 0.3 * random();
    const loss = 2.05 * Math.exp(-6 * done) + 0.1;
    log("train", "loss", loss * noise() + 0.02);
    log("train", "cross_entropy", loss * noise());
    log(
      "train",
      "accuracy",
      Math.min(1, (1 - 0.87 * Math.exp(-6 * done)) * (0.94 + 0.1 * random())),
    );
    const warm = Math.min(1, step / (0.08 * steps));
    log("train", "learning_rate", 1e-3 * warm * (0.5 + 0.5 * Math.cos(Math.PI * done)));
    log("train", "grad_norm", (step === 200 ? 40 : 1) * (0.3 + 2 * Math.exp(-5 * done)) * noise());
    log("train", "tokens_per_second", 66_000 * (0.95 + 0.1 * random()));
    log("train", "auxiliary/balance", 0.004 * noise() + 0.03 * Math.exp(-9 * done));
    log("train", "auxiliary/router_z", 0.011 * noise());
    if (step % 10 === 0) {
      layers.forEach((layer, depth) => {
        const spread = 0.15 + (1 + depth * 0.2) * Math.exp(-5 * done);
        log("train", `experts/${layer}/max_violation`, spread * noise());
        log("train", `experts/${layer}/success_rate`, 1 - 0.06 * spread * noise());
        log("train", `experts/${layer}/gate_confidence`, 0.4 + 0.1 * depth - 0.1 * spread);
        log("train", `experts/${layer}/mutual_information`, (0.9 + 0.1 * depth) * done * noise());
        const raw = Array.from({ length: experts }, (_, e) =>
          Math.exp(spread * Math.sin(1.7 * e + depth + 2 * done) + 0.1 * random()),
        );
        const total = raw.reduce((sum, value) => sum + value, 0);
        raw.forEach((value, e) => {
          log("train", `experts/${layer}/load_${e}`, value / total);
        });
      });
    }
    if (step % Math.max(1, Math.floor(steps / 6)) === 0) {
      log("validation", "loss", loss * 1.05);
      log("validation", "accuracy", 1 - 0.87 * Math.exp(-5.4 * done) - 0.028);
    }
  }
  return events;
}
