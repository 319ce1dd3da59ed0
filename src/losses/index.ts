/** Training losses, and accuracy. */
export { accuracy } from "./accuracy.ts";
export { betaQuantiles } from "./beta-quantiles.ts";
export { binaryCrossEntropy } from "./binary-cross-entropy.ts";
export {
  alignmentLoss,
  infoNceLoss,
  pairAccuracy,
  sigmoidPairLoss,
} from "./contrastive.ts";
export { coralPenalty } from "./coral.ts";
export { type CrossEntropyOptions, crossEntropy, NO_LABEL } from "./cross-entropy.ts";
export { type GroupDroLoss, groupDroLoss } from "./group-dro.ts";
export { irmPenalty } from "./irm.ts";
export { countedMean, type MeanWeight, meanOver } from "./mean-over.ts";
export { meanSquaredError } from "./mean-squared-error.ts";
export { mixtureLikelihood } from "./mixture-likelihood.ts";
export {
  type MixedBatch,
  type MixupDraws,
  type MixupOptions,
  mixDomains,
  mixupLoss,
} from "./mixup.ts";
export { nextTokenLoss } from "./next-token.ts";
export type { Reduction } from "./reduction.ts";
