/** Runs one mixture-of-experts layer with fresh weights on random tokens; prints the load per expert. */
import { apply, init, key, moe, type Scope, type Tensor, toNumbers } from "moesaic";
import { softmaxTopKRouter } from "moesaic/moe";
import { normal } from "moesaic/random";

const [numTokens, width] = [1024, 32];
const data = normal(key(0), numTokens * width);
const x = { dtype: "float32", shape: [numTokens, width], data } as const; // [N, D]

const layer = (scope: Scope, { x }: { readonly x: Tensor }) =>
  moe(scope, x, {
    router: (at, tokens) => softmaxTopKRouter(at, tokens, { numExperts: 4, numSelectedExperts: 2 }),
    experts: { hiddenWidth: 4 * width },
  }); // [N, D]

const weights = init(layer, { x });
const { output, taps } = await apply(layer, weights, { x }, { taps: true });
console.log(`${weights.size} parameters, output ${output.shape.join(" x ")}`);
console.log(`tokens per expert ${toNumbers(taps.counts!).join(" ")}`);

// 17 parameters, output 1024 x 32
// tokens per expert 523 518 497 510
