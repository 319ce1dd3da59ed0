/** Checkpoints as on the Hugging Face hub: families, their settings and the names of their weights. */
export { type DecoderInput, decoderSettings, mixtureSettings } from "./decoder-settings.ts";
export { defineFamily, type FamilyDefinition } from "./define-family.ts";
export { families } from "./families/index.ts";
export type { HubConfig } from "./hub-config.ts";
export { type NameRule, part, rule, type Source } from "./names.ts";
export {
  type OpenPretrainedOptions,
  openPretrained,
  type Pretrained,
} from "./open-pretrained.ts";
export type { PartStep } from "./parts.ts";
