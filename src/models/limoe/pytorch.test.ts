/** LIMoE against PyTorch; the fixtures come from `../fixtures/make_limoe.py`. */
import { expect, test } from "vitest";
import { allocate, type NdArray, toNumbers } from "../../graph/array.ts";
import { routingStatistics } from "../../inspect/statistics/routing-statistics.ts";
import { joinStages } from "../../learn/staged-objective.ts";
import { type Objective, trainingGraph } from "../../learn/step-graph.ts";
import { isRoutingTap, layersOf, readRouting, statisticsParts } from "../../moe/routing-taps.ts";
import type { EmittedModel } from "../../onnx/emit.ts";
import { nativeRuntime } from "../../runtime/native/native.ts";
import { contrastiveStages } from "../../tasks/contrast/task.ts";
import { expectClose, readFixture } from "../pytorch.fixture.ts";
import { limoeFixtures, tinyLimoe } from "./limoe.fixture.ts";

/** Runs a model; router noise and other missing inputs are zero. */
async function run(model: EmittedModel, given: Readonly<Record<string, NdArray>>) {
  const feeds = model.inputs.map(({ name, shape }) => [
    name,
    given[name] ?? allocate("float32", shape as readonly number[]),
  ]);
  const session = await nativeRuntime().createSession(model.bytes, { threads: 1 });
  try {
    return await session.run(Object.fromEntries(feeds));
  } finally {
    session.dispose();
  }
}

test.each(Object.entries(limoeFixtures))("%s equals PyTorch", async (name, settings) => {
  const { arrays, weights, gradients } = readFixture(name);
  const batch = { images: arrays.images!, tokens: arrays.tokens!, lengths: arrays.lengths! };
  const objective = joinStages(contrastiveStages(tinyLimoe(settings)));
  const withRows: Objective = (scope, tensors) => {
    const { outputs, ...result } = objective(scope, tensors);
    for (const [row, tensor] of Object.entries(outputs ?? {})) scope.tap(row, tensor);
    return result;
  };
  const { trace, model } = trainingGraph(withRows, batch, {
    tap: (tapped) => tapped.endsWith("_embeddings") || isRoutingTap(tapped, statisticsParts),
  });
  const found = await run(model, { ...batch, ...weights });

  expect([...trace.parameters.keys()].sort()).toEqual(Object.keys(weights).sort());
  const below = (prefix: string) =>
    Object.entries(arrays).flatMap(([key, value]) =>
      key.startsWith(prefix) ? [[key.slice(prefix.length), value] as const] : [],
    );
  const auxiliaries = below("auxiliary:");
  expect([...trace.auxiliaries.keys()].sort()).toEqual(auxiliaries.map(([key]) => key).sort());
  for (const [key, expected] of auxiliaries) {
    expectClose(key, found[`auxiliary/${key}`]!, expected, 1e-5);
  }
  for (const key of ["image_embeddings", "text_embeddings", "loss", "objective"]) {
    expectClose(key, found[key]!, arrays[key]!, 1e-5);
  }
  for (const [key, expected] of Object.entries(gradients)) {
    expectClose(key, found[`gradient:${key}`]!, expected, 1e-4);
  }
  // Fraction of tokens within the capacity, per modality and layer; 1 without a limit.
  const rates = below("success:");
  const statistics = routingStatistics();
  for (const layer of layersOf(Object.keys(found))) {
    statistics.add(layer, readRouting(found, layer, "probabilities"));
  }
  const measured = statistics
    .layers()
    .flatMap(({ layer, modalities = [] }) =>
      modalities.map(
        ({ modality, scores }) => [`${layer}.${modality}`, scores.successRate] as const,
      ),
    );
  expect(measured.map(([key]) => key).sort()).toEqual(rates.map(([key]) => key).sort());
  const rateOf = new Map<string, number>(measured);
  for (const [key, expected] of rates) {
    expect(rateOf.get(key), key).toBeCloseTo(toNumbers(expected)[0]!, 6);
  }
  const dropped = rates.filter(([, rate]) => toNumbers(rate)[0]! < 1);
  expect(dropped).toHaveLength(name === "limoe-capacity" ? 4 : 0);
});
