import { decoderSettings, mixtureSettings, softmaxRouting } from "../decoder-settings.ts";
import { defineFamily } from "../define-family.ts";
import { experts, router, trunk } from "./names.ts";

export const mixtral = defineFamily({
  name: "mixtral",
  title: "Mixtral",
  paper: "arXiv:2401.04088",
  routing: () => softmaxRouting(true),
  keys: {},
  settings: (config) => ({
    ...decoderSettings(config),
    moe_layers: "all",
    moe: mixtureSettings(config, { normalized: true }),
  }),
  names: [
    ...trunk,
    ...router("block_sparse_moe.gate", "mlp.gate"),
    ...experts("block_sparse_moe", ["w1", "w3", "w2"]),
  ],
});
