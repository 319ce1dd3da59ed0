/** Checkpoints as on the Hugging Face hub: families, their settings and the names of their weights. */

export type { WeightType } from "./convert.ts";
export { decoderSettings, mixtureSettings } from "./decoder-settings.ts";
export {
  defineEncoder,
  defineFamily,
  type FamilyConfig,
  type FamilyDefinition,
  type InputSizes,
  type SystemInput,
} from "./define-family.ts";
export { families } from "./families/index.ts";
export type { HubConfig } from "./hub-config.ts";
export { joined, type NameRule, part, rule, type Source } from "./names.ts";
export { openCheckpoint, type PretrainedCheckpoint } from "./open-checkpoint.ts";
export {
  type OpenPretrainedOptions,
  openPretrained,
  type Pretrained,
} from "./open-pretrained.ts";
export type { Join } from "./steps/joins.ts";
export type { PartStep } from "./steps/parts.ts";
export { chooseWeightType, type WeightChoice, weightBytes } from "./weight-type.ts";
