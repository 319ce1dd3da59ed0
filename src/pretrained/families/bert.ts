import * as z from "zod";
import { usageError } from "../../graph/errors.ts";
import { defineEncoder } from "../define-family.ts";
import { encoderKeys, hiddenActivation } from "../encoder-settings.ts";
import { joined, rule } from "../names.ts";
import { affine } from "./names.ts";

const layer = "encoder.layer.{i}";

export const bert = defineEncoder({
  name: "bert",
  title: "BERT",
  paper: "arXiv:1810.04805",
  keys: {
    ...encoderKeys,
    vocab_size: z.int().positive().max(2 ** 24), // biome-ignore format: a bound
    max_position_embeddings: z.int().positive().max(65_536),
    layer_norm_eps: z.number().positive().default(1e-12),
    position_embedding_type: z.string().default("absolute"),
    is_decoder: z.boolean().nullish(),
  },
  settings: (config) => {
    const { position_embedding_type: positions, is_decoder: isDecoder } = config;
    if (positions !== "absolute" || isDecoder === true) {
      throw usageError(
        `config.json has position_embedding_type ${positions} and is_decoder ${isDecoder ?? false}; the encoder computes absolute and false`,
      );
    }
    return {
      system: "text-classifier",
      width: config.hidden_size,
      num_layers: config.num_hidden_layers,
      num_heads: config.num_attention_heads,
      context_length: config.max_position_embeddings,
      norm: "post",
      embedding_norm: true,
      norm_epsilon: config.layer_norm_eps,
      moe_layers: "none",
      moe: {
        experts: {
          hidden_width: config.intermediate_size,
          activation: hiddenActivation(config.hidden_act),
        },
      },
    };
  },
  inputs: ({ vocab_size: vocabularySize }) => ({ vocabularySize }),
  prefixes: ["bert."],
  leftOut: /^(pooler|cls|classifier)\./,
  names: [
    rule("token_embedding.weight", "embeddings.word_embeddings.weight"),
    // Sentences of one part have token type 0 everywhere.
    rule(
      "position_embedding.weight",
      joined("add_first_row", [
        "embeddings.position_embeddings.weight",
        "embeddings.token_type_embeddings.weight",
      ]),
    ),
    ...affine("embedding_norm", "embeddings.LayerNorm"),
    ...["weight", "bias"].map((form) =>
      rule(
        `blocks.{i}.attn.qkv.${form}`,
        joined(
          "stack",
          ["query", "key", "value"].map((name) => `${layer}.attention.self.${name}.${form}`),
        ),
      ),
    ),
    ...affine("blocks.{i}.attn.proj", `${layer}.attention.output.dense`),
    ...affine("blocks.{i}.norm1", `${layer}.attention.output.LayerNorm`),
    ...affine("blocks.{i}.mlp.fc1", `${layer}.intermediate.dense`),
    ...affine("blocks.{i}.mlp.fc2", `${layer}.output.dense`),
    ...affine("blocks.{i}.norm2", `${layer}.output.LayerNorm`),
  ],
});
