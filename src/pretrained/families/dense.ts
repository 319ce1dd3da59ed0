import { attentionBias, decoderSettings } from "../decoder-settings.ts";
import { defineFamily } from "../define-family.ts";
import { dense, trunk } from "./names.ts";

export const llama = defineFamily({
  name: "llama",
  title: "Llama",
  paper: "arXiv:2302.13971",
  keys: {},
  // Llama has no windows; some of its derivatives keep the keys.
  settings: (config) => ({ ...decoderSettings(config), attention: attentionBias(config) }),
  names: [...trunk, ...dense],
});

export const qwen3 = defineFamily({
  name: "qwen3",
  title: "Qwen3",
  paper: "arXiv:2505.09388",
  keys: {},
  settings: (config) => ({
    ...decoderSettings(config, { query_key_norm: "head", ...attentionBias(config) }),
    head_width: config.head_dim ?? 128,
  }),
  names: [...trunk, ...dense],
});
