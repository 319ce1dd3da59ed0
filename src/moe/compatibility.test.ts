import { expect, test } from "vitest";
import { supports } from "./compatibility.ts";
import { dispatchers as dispatcherList } from "./dispatch/config.ts";
import { auxiliaryLosses } from "./losses/index.ts";
import { routers as registry } from "./routers/index.ts";

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

test("how many of the thirteen losses each built-in router has", () => {
  const numbers = routers.map((router) => [
    router,
    losses.filter((loss) => dispatchers.some((way) => supports(router, way, loss) === true)).length,
  ]);
  expect(Object.fromEntries(numbers)).toMatchObject({
    dense: 7,
    switch: 10,
    noisy_top_k: 12,
    softmax_top_k: 12,
    expert_choice: 7,
    soft: 0,
    hash: 0,
    base: 7,
    cosine: 12,
    attentive: 10,
    yuan: 10,
    loss_free_bias: 10,
    top_p: 11,
    second_expert: 10,
  });
});
