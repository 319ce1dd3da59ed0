import { array, type Tensor, toNumbers, valueAndGradients } from "moesaic";
import { mul, reduceMean, reduceSum, softmax, square } from "moesaic/ops";

/** Imbalance of a router's load: 1 is even, E means that one expert receives everything. */
function imbalance(logits: Tensor): Tensor {
  const load = reduceMean(softmax(logits), 0); // [N, E] -> [E]
  return mul(reduceSum(square(load)), 2);
}

const logits = array([
  [1, -1],
  [2, -2],
]); // [N, E]
const { value, gradients } = await valueAndGradients(imbalance, [logits]);
console.log(toNumbers(value)[0]!.toFixed(4));
console.log(toNumbers(gradients[0]!).map((x) => x.toFixed(4)));

// 1.7444
// [ '0.1812', '-0.1812', '0.0305', '-0.0305' ]
