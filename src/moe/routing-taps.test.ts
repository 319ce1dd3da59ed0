import { expect, test } from "vitest";
import { array } from "../graph/array.ts";
import { input } from "../graph/inputs.ts";
import { createScope } from "../nn/scope.ts";
import {
  isRoutingTap,
  layersOf,
  readRouting,
  routingTap,
  statisticsParts,
  tapRouting,
  tokenParts,
} from "./routing-taps.ts";

/** A trace with the taps of two layers. */
function tapped() {
  const { scope, trace } = createScope({ training: false });
  const tensor = (name: string) => input(trace.graph, name, { dtype: "float32", shape: [1] });
  const [ids, combineWeights, probabilities] = ["a", "b", "c"].map(tensor);
  const all = { ids: ids!, combineWeights: combineWeights!, probabilities: probabilities! };
  tapRouting(scope.child("blocks").child(1).child("moe"), {
    ...all,
    counts: tensor("d"),
    attempted: tensor("e"),
    mask: tensor("f"),
    modalities: { image: tensor("g"), text: tensor("h") },
  });
  scope.tap("blocks.1.attn.weights", tensor("i"));
  tapRouting(scope.child("moe"), all);
  return trace.taps;
}

test("every part is tapped below its layer, and layers are listed in order", () => {
  const names = [...tapped().keys()];
  expect(names.filter((name) => name.startsWith("blocks.1.moe."))).toEqual(
    [
      ...["ids", "combine_weights", "probabilities", "counts", "attempted", "token_mask"],
      ...["modalities.image", "modalities.text"],
    ].map((part) => `blocks.1.moe.${part}`),
  );
  expect(layersOf(names)).toEqual(["blocks.1.moe", "moe"]);
  expect(routingTap("moe", "mask")).toBe("moe.token_mask");
});

test("the parts for statistics, tokens and evaluations are recognised by their taps", () => {
  const names = [...tapped().keys(), "probabilities", "logits"];
  const chosen = (parts?: Parameters<typeof isRoutingTap>[1]) =>
    names
      .filter((name) => isRoutingTap(name, parts) && !name.startsWith("moe."))
      .map((name) => name.replace("blocks.1.moe.", ""));
  const modalities = ["modalities.image", "modalities.text"];
  expect(chosen(tokenParts)).toEqual(["ids", "combine_weights", "probabilities"]);
  expect(chosen(statisticsParts)).toEqual([
    ...["ids", "probabilities", "attempted", "token_mask"],
    ...modalities,
  ]);
  expect(chosen()).toEqual([
    ...["ids", "combine_weights", "probabilities", "attempted", "token_mask"],
    ...modalities,
  ]);
});

test("tapped parts are read back", () => {
  const taps = Object.fromEntries(tapped());
  const { modalities, mask, ...rest } = readRouting(taps, "blocks.1.moe", ...tokenParts);
  expect(rest.ids).toBe(taps["blocks.1.moe.ids"]);
  expect(rest.combineWeights).toBe(taps["blocks.1.moe.combine_weights"]);
  expect(rest.probabilities).toBe(taps["blocks.1.moe.probabilities"]);
  expect(mask).toBe(taps["blocks.1.moe.token_mask"]);
  expect(Object.keys(modalities!)).toEqual(["image", "text"]);
  expect(readRouting(taps, "moe")).not.toHaveProperty("mask");
});

test("a missing part is reported", () => {
  const values = { "moe.ids": array([[0]]) };
  expect(readRouting(values, "moe").ids).toBe(values["moe.ids"]);
  expect(() => readRouting(values, "moe", "probabilities")).toThrow(
    new RangeError("the values lack probabilities of moe"),
  );
  expect(() => readRouting(values, "elsewhere")).toThrow("the values lack ids of elsewhere");
});
