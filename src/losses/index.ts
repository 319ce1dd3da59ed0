/** What training minimises, and accuracy. */
export { accuracy } from "./accuracy.ts";
export { binaryCrossEntropy } from "./binary-cross-entropy.ts";
export {
  alignmentLoss,
  infoNceLoss,
  pairAccuracy,
  sigmoidPairLoss,
} from "./contrastive.ts";
export { type CrossEntropyOptions, crossEntropy } from "./cross-entropy.ts";
export { meanSquaredError } from "./mean-squared-error.ts";
export { mixtureLikelihood } from "./mixture-likelihood.ts";
export { nextTokenLoss } from "./next-token.ts";
export type { Reduction } from "./reduction.ts";
