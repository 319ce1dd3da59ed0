/** The program of the page that `web-runtime.test.ts` opens. */
import { array, evaluate, toNumbers, valueAndGradients, webRuntime } from "../../src/browser.ts";
import { add, mul } from "../../src/ops/arithmetic.ts";
import { reduceSum } from "../../src/ops/reduce.ts";
import { compute, type Values } from "./computation.fixture.ts";

async function runAll(): Promise<Values> {
  const response = await fetch("./fixture.safetensors");
  const fixture = new Uint8Array(await response.arrayBuffer());
  const values = await compute(await webRuntime({ numThreads: 1 }), fixture);
  // No runtime in the options: uses the page's own.
  const [sum] = await evaluate((a, b) => add(a, b), [array([1, 2]), array([3, 4])]);
  const { gradients } = await valueAndGradients((x) => reduceSum(mul(x, x)), [array([1, 2])]);
  return { ...values, sum: toNumbers(sum!), gradient: toNumbers(gradients[0]!) };
}

Object.assign(globalThis, { runAll });
