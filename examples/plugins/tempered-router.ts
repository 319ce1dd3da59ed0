/** A custom router: softmax over logits divided by a temperature, then the top K experts. */
import { defineRouter, selectTopK } from "moesaic/moe";
import { linear } from "moesaic/nn";
import { mul, softmax } from "moesaic/ops";
import * as z from "zod";

export const tempered = defineRouter({
  name: "tempered",
  kind: "token-choice",
  paper: "none",
  description: "Softmax with a fixed temperature, then the top K.",
  decides: "tokens",
  settings: {
    num_selected_experts: z.int().positive().default(2),
    temperature: z.number().positive().default(1),
  },
  selects: ({ numSelectedExperts }) => numSelectedExperts,
  gives: ["probabilities", "distribution", "choices"],
  tensors: { weight: { axis: 0 } },
  route: (scope, x, { temperature }, { numExperts, numSelectedExperts }) => {
    const logits = mul(linear(scope, x, numExperts, { bias: false }), 1 / temperature); // [N, E]
    return selectTopK(logits, softmax(logits), numSelectedExperts, "sum");
  },
  examples: { picture: { settings: {} } },
});
