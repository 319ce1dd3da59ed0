/** Traces one mixture-of-experts layer, runs it on random tokens and prints the load per expert. */
import { createScope, emitModel, input, key, moe, nativeRuntime, toNumbers } from "moesaic";
import { softmaxTopKRouter } from "moesaic/moe";
import { foldIn, normal } from "moesaic/random";

const [numTokens, width] = [1024, 32];
const seed = key(0);

const { scope, trace } = createScope({ training: false });
const x = input(trace.graph, "x", { dtype: "float32", shape: [numTokens, width] }); // [N, D]
const y = moe(scope, x, {
  router: (at, tokens) => softmaxTopKRouter(at, tokens, { numExperts: 4, numSelectedExperts: 2 }),
  experts: { hiddenWidth: 4 * width },
}); // [N, D]

const initial = [...trace.parameters.values()].map(
  ({ name, shape, init }) =>
    [name, { dtype: "float32", shape, data: init(foldIn(seed, name), shape) }] as const,
);
const tokens = normal(foldIn(seed, "tokens"), numTokens * width);

const model = emitModel({ y, counts: trace.taps.get("counts")! });
using session = await nativeRuntime().createSession(model.bytes);
const { y: result, counts } = await session.run({
  x: { dtype: "float32", shape: [numTokens, width], data: tokens },
  ...Object.fromEntries(initial),
});

console.log(`${initial.length} parameters, an ONNX model of ${model.inputs.length} inputs`);
console.log(`output ${result!.shape.join(" x ")}`);
console.log(`tokens per expert ${toNumbers(counts!).join(" ")}`);

// 17 parameters, an ONNX model of 18 inputs
// output 1024 x 32
// tokens per expert 505 521 492 530
