import { expect, test } from "vitest";
import { defaultDispatcher, supports } from "./compatibility.ts";
import { dispatchers as dispatcherList } from "./dispatch/config.ts";
import type { Ingredient } from "./losses/define.ts";
import { type AuxiliaryLossName, auxiliaryLosses } from "./losses/index.ts";
import { type RouterName, routers as registry } from "./routers/index.ts";

const routers = registry.list().map(({ name }) => name);
const dispatchers = dispatcherList.map(({ name }) => name);
const losses = auxiliaryLosses.list().map(({ name }) => name);

test("every refusal is a sentence that names both sides", () => {
  for (const router of routers) {
    for (const dispatcher of dispatchers) {
      const pair = supports(router, dispatcher);
      if (pair !== true) {
        expect(pair).toMatch(/^the router \w+ .{30,}/);
        expect(pair).toContain(router);
        for (const loss of losses) expect(supports(router, dispatcher, loss)).toBe(pair);
        continue;
      }
      for (const loss of losses) {
        const triple = supports(router, dispatcher, loss);
        if (triple !== true) {
          expect(triple).toContain(router);
          expect(triple).toContain(`the loss ${loss}`);
        }
      }
    }
  }
});

/** A loss for each ingredient. */
const needing = {
  probabilities: "importance",
  distribution: "local_entropy",
  choices: "balance",
  noise: "load",
  "varying-count": "top_p_entropy",
} as const satisfies Record<Ingredient, AuxiliaryLossName>;

test("the losses that built-in routers support", () => {
  const scored = ["importance", "local_entropy"];
  const chosen = [...scored, "balance"];
  const expected: Partial<Record<RouterName, readonly string[]>> = {
    softmax_top_k: [...chosen, "load"],
    switch: chosen,
    noisy_top_k: [...chosen, "load"],
    second_expert: chosen,
    top_p: [...chosen, "top_p_entropy"],
    cosine: [...chosen, "load"],
    attentive: chosen,
    yuan: chosen,
    loss_free_bias: chosen,
    base: scored,
    hash: [],
    expert_choice: scored,
    soft: [],
    dense: scored,
  };
  for (const [router, supported] of Object.entries(expected)) {
    const found = Object.values(needing).filter(
      (loss) => supports(router, defaultDispatcher(router), loss) === true,
    );
    expect(found, router).toEqual(supported);
  }
});
