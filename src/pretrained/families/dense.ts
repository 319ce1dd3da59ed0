import { decoderSettings } from "../decoder-settings.ts";
import { defineFamily } from "../define-family.ts";
import { dense, trunk } from "./names.ts";

export const llama = defineFamily({
  name: "llama",
  title: "Llama",
  paper: "arXiv:2302.13971",
  keys: {},
  settings: (config) => {
    const settings = decoderSettings(config);
    const bias = config.attention_bias ?? false;
    return { ...settings, attention: { qkv_bias: bias, proj_bias: bias } };
  },
  names: [...trunk, ...dense],
});

export const qwen3 = defineFamily({
  name: "qwen3",
  title: "Qwen3",
  paper: "arXiv:2505.09388",
  keys: {},
  settings: (config) => {
    const settings = decoderSettings(config);
    const bias = config.attention_bias ?? false;
    const attention = { ...(settings.attention as object), query_key_norm: "head" };
    return {
      ...settings,
      head_width: config.head_dim ?? 128,
      attention: { ...attention, qkv_bias: bias, proj_bias: bias },
    };
  },
  names: [...trunk, ...dense],
});
