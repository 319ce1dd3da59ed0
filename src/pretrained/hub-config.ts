/** The `config.json` of decoders on the Hugging Face hub, in its older and its newer form. */
import { join } from "node:path";
import * as z from "zod";
import { readJsonFile } from "../formats/json-file.ts";
import { usageError } from "../graph/errors.ts";
import { configFileOf } from "./hub-folder.ts";

const maxBytes = 4 * 2 ** 20;
/** Sizes are bounded, so that a damaged file ends with a sentence instead of hours of work. */
const count = z
  .int()
  .positive()
  .max(2 ** 24);
const number = z.number();

const rope = z.looseObject({
  rope_type: z.string().nullish(),
  /** The name before `rope_type`. */
  type: z.string().nullish(),
  rope_theta: number.positive().nullish(),
  factor: number.nullish(),
  partial_rotary_factor: number.nullish(),
  original_max_position_embeddings: count.nullish(),
  low_freq_factor: number.nullish(),
  high_freq_factor: number.nullish(),
  beta_fast: number.nullish(),
  beta_slow: number.nullish(),
  attention_factor: number.nullish(),
  mscale: number.nullish(),
  mscale_all_dim: number.nullish(),
  truncate: z.boolean().nullish(),
  short_factor: z.array(number.positive()).max(65_536).nullish(),
});

/** The keys that all decoders have; families read more of their own. */
export const hubConfigSchema = z.looseObject({
  model_type: z.string(),
  hidden_size: count,
  intermediate_size: count,
  num_hidden_layers: count.max(1024),
  num_attention_heads: count,
  num_key_value_heads: count.nullish(),
  head_dim: count.nullish(),
  vocab_size: count,
  max_position_embeddings: count,
  original_max_position_embeddings: count.nullish(),
  rms_norm_eps: number.positive(),
  hidden_act: z.string().default("silu"),
  tie_word_embeddings: z.boolean().nullish(),
  initializer_range: number.positive().default(0.02),
  attention_bias: z.boolean().nullish(),
  mlp_bias: z.boolean().nullish(),
  sliding_window: z.int().nonnegative().nullish(),
  use_sliding_window: z.boolean().nullish(),
  max_window_layers: z.int().nonnegative().nullish(),
  layer_types: z.array(z.string()).nullish(),
  rope_theta: number.positive().nullish(),
  rope_scaling: rope.nullish(),
  rope_parameters: rope.nullish(),
  quantization_config: z.looseObject({ quant_method: z.string().nullish() }).nullish(),
  num_experts: count.max(4096).nullish(),
  num_local_experts: count.max(4096).nullish(),
  num_experts_per_tok: count.nullish(),
  norm_topk_prob: z.boolean().nullish(),
  router_aux_loss_coef: number.nonnegative().nullish(),
});

export type HubConfig = z.output<typeof hubConfigSchema>;

/**
 * Reads the `config.json` of a folder, or the configuration of open_clip, which has no `model_type`.
 *
 * @throws UserError (exit code 2) if it is missing, too large or no JSON object
 */
export async function readHubConfig(folder: string): Promise<Readonly<Record<string, unknown>>> {
  const file = configFileOf(folder);
  const path = join(folder, file);
  try {
    const fields = z.record(z.string(), z.unknown()).parse(await readJsonFile(path, maxBytes));
    return file.startsWith("open_clip") ? { ...fields, model_type: "open_clip" } : fields;
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    const reason = missing
      ? "is missing; name a folder as on the Hugging Face hub"
      : `cannot be read: ${(cause as Error).message}`;
    throw usageError(`${path} ${reason}`, { cause });
  }
}
