import * as z from "zod";
import { attentionBias, decoderSettings, mixtureSettings } from "../decoder-settings.ts";
import { defineFamily } from "../define-family.ts";
import { rule } from "../names.ts";
import { expertsFrom, fused, trunk } from "./names.ts";

const moe = "model.layers.{i}.block_sparse_moe";
const { gate, up, fc2 } = fused(`${moe}.input_linear.weight`, `${moe}.output_linear.weight`);
const factor = z.number().positive().nullish();

export const graniteMoe = defineFamily({
  name: "granitemoe",
  title: "Granite-MoE",
  paper: "github.com/ibm-granite/granite-3.0-language-models",
  routing: () => "the top K logits and a softmax over them",
  keys: {
    embedding_multiplier: factor,
    residual_multiplier: factor,
    attention_multiplier: factor,
    logits_scaling: factor,
  },
  settings: (config) => ({
    ...decoderSettings(config, {
      ...attentionBias(config),
      scale: config.attention_multiplier ?? 1,
    }),
    multipliers: {
      embedding: config.embedding_multiplier ?? 1,
      residual: config.residual_multiplier ?? 1,
      logits: 1 / (config.logits_scaling ?? 1),
    },
    moe_layers: "all",
    moe: mixtureSettings(config, { normalized: true }), // a softmax over K logits, exactly
  }),
  names: [
    ...trunk,
    rule("blocks.{i}.moe.router.weight", `${moe}.router.layer.weight`),
    ...expertsFrom({ gate: [gate], up: [up], fc2: [fc2] }),
  ],
});
