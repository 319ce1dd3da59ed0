/** Eight tokens and four experts, routed by the library itself, as examples for the pictures. */

import { allocate, type NdArray, toNumbers } from "../../src/graph/array.ts";
import { input } from "../../src/graph/inputs.ts";
import { type MoeInput, parseMoe } from "../../src/moe/config.ts";
import { createMoe } from "../../src/moe/create-moe.ts";
import type { Decides } from "../../src/moe/routers/define.ts";
import {
  isRoutingTap,
  type RoutingWith,
  readRouting,
  tokenParts,
} from "../../src/moe/routing-taps.ts";
import { createScope, type Trace } from "../../src/nn/scope.ts";
import { emitModel } from "../../src/onnx/emit.ts";
import { foldIn, key, normal, uniform } from "../../src/random/index.ts";
import { nativeRuntime } from "../../src/runtime/native/native.ts";
import { documentedRouters } from "./variants.ts";

export interface Example {
  /** Name of the file. */
  readonly id: string;
  readonly decides: Decides;
  readonly moe: MoeInput;
}

export const numExperts = 4;

/** Logits of a linear router for each token; most tokens prefer expert 0. */
const logits = [
  [2.0, 0.6, -0.5, 0.2],
  [1.6, 1.1, 0.1, -0.8],
  [1.4, -0.2, 1.0, 0.1],
  [0.3, 1.5, 0.4, -0.3],
  [1.2, 0.2, -0.6, 0.9],
  [-0.4, 0.3, 1.1, 0.6],
  [2.2, -0.3, 0.2, 0.5],
  [0.9, 0.8, -0.2, 0.4],
];
export const numTokens = logits.length;

/** A picture for each router of the page, and one for a capacity. */
export const examples: readonly Example[] = [
  ...documentedRouters().map(({ name, decides, examples: { picture } }) => ({
    ...{ id: name, decides },
    moe: {
      router: { name, ...picture.settings } as MoeInput["router"],
      ...(picture.dispatch && { dispatch: picture.dispatch }),
    },
  })),
  {
    id: "capacity",
    decides: "tokens",
    moe: {
      router: { name: "softmax_top_k", num_selected_experts: 2 },
      dispatch: { name: "capacity", capacity_factor: 1, priority: "batch" },
    },
  },
];

/** The routing of one token to one expert. */
export interface Cell {
  /** Probability, or for slots the token's part of the slot; 0 to 1. */
  readonly share: number;
  /** Weight of the expert in the token's output; undefined if the token does not go there. */
  readonly weight: number | undefined;
  /** Chosen, but dropped by the capacity. */
  readonly dropped: boolean;
}

type Routed = RoutingWith<NdArray, (typeof tokenParts)[number]>;

/** One row per token. */
export async function routeExample({ moe }: Example): Promise<Cell[][]> {
  const taken = await routingOf(moe);
  const attempted =
    moe.dispatch?.name === "capacity" ? await routingOf({ router: moe.router }) : taken;
  const weights = weightsOf(taken);
  const before = weightsOf(attempted);
  const shares = toNumbers(taken.dispatchWeights ?? taken.probabilities);
  return logits.map((row, token) =>
    row.map((_, expert) => ({
      share: shares[token * numExperts + expert]!,
      weight: weights[token]![expert],
      dropped: weights[token]![expert] === undefined && before[token]![expert] !== undefined,
    })),
  );
}

/** Weights by token and expert from ids and weights `[K, N]`. */
function weightsOf(routing: Routed): (number | undefined)[][] {
  const [ids, weights] = [routing.ids, routing.combineWeights].map(toNumbers);
  const table = logits.map((row) => row.map((): number | undefined => undefined));
  for (const [i, expert] of ids!.entries()) {
    if (expert < numExperts) table[i % numTokens]![expert] = weights![i]!;
  }
  return table;
}

/** Runs the layer in training mode, because BASE and noise are active only in training. */
async function routingOf(moe: MoeInput): Promise<Routed> {
  const { scope, trace } = createScope({ training: true });
  const width = numExperts;
  const x = input(trace.graph, "x", { dtype: "float32", shape: [numTokens, width] });
  const settings = parseMoe({ ...moe, num_experts: numExperts });
  createMoe(settings, { width, numTokens }).apply(scope.child("moe"), x);
  const outputs = [...trace.taps].filter(([name]) =>
    isRoutingTap(name, [...tokenParts, "dispatchWeights"]),
  );
  const model = emitModel(Object.fromEntries(outputs));
  const feeds = model.inputs.map(({ name, shape }) => [
    name,
    feedOf(name, shape as readonly number[], trace),
  ]);
  const session = await nativeRuntime().createSession(model.bytes, { threads: 1 });
  try {
    const taps = await session.run(Object.fromEntries(feeds));
    return readRouting(taps, "moe", ...tokenParts);
  } finally {
    session.dispose();
  }
}

/** Weights that pass the logits through; a bias that has learned to avoid expert 0; noise. */
function feedOf(name: string, shape: readonly number[], { randoms }: Trace): NdArray {
  const array = allocate("float32", shape);
  const { data } = array;
  const random = randoms.get(name)?.distribution;
  const seed = foldIn(key(0), name);
  if (name === "x") data.set(logits.flat());
  else if (random === "normal") normal(seed, data);
  else if (random === "uniform") uniform(seed, data);
  else if (name.endsWith("expert_bias")) data.set([-0.25, 0.05, 0.1, 0.1]);
  else if (/\.(scale|temperature)$/.test(name)) data.fill(1);
  else if (shape.length === 2 && !name.includes(".noise.")) {
    const columns = shape[1]!;
    for (let i = 0; i < data.length; i++) {
      data[i] = Math.floor(i / columns) % numExperts === i % columns ? 1 : 0;
    }
  }
  return array;
}
