/** Settings of pairs of encoders, one for images and one for texts. */
import { usageError } from "../graph/errors.ts";
import type { SystemInput } from "./define-family.ts";
import { hiddenActivation } from "./encoder-settings.ts";

/** Sizes of one of the encoders. */
interface EncoderSizes {
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly hidden_act: string;
  readonly layer_norm_eps: number;
}

/** What families of pairs have different. */
interface PairForm {
  readonly embed_dim: number;
  readonly contrastive?: object;
  readonly image_tower: object;
  readonly text_tower: object;
}

/**
 * The settings of `limoe` with two dense towers.
 *
 * @throws UserError (exit code 2) if the dense layers of the encoders have different forms
 */
export function pairSettings(
  images: EncoderSizes & { readonly patch_size: number },
  words: EncoderSizes & { readonly max_position_embeddings: number },
  { embed_dim, contrastive = {}, image_tower, text_tower }: PairForm,
): SystemInput {
  const [ratio, textRatio] = [images, words].map((c) => c.intermediate_size / c.hidden_size);
  if (ratio !== textRatio || images.hidden_act !== words.hidden_act) {
    throw usageError(
      `config.json has dense layers of ${ratio} times the width with ${images.hidden_act} for images and ${textRatio} with ${words.hidden_act} for texts; the towers compute equal forms`,
    );
  }
  return {
    system: "limoe",
    towers: "two",
    patch_size: images.patch_size,
    ...sizesOf(images),
    context_length: words.max_position_embeddings,
    embed_dim,
    contrastive,
    image_tower: { ...sizesOf(images), norm_epsilon: images.layer_norm_eps, ...image_tower },
    text_tower: { ...sizesOf(words), norm_epsilon: words.layer_norm_eps, ...text_tower },
    moe_layers: "none",
    moe: { experts: { mlp_ratio: ratio, activation: hiddenActivation(images.hidden_act) } },
  };
}

function sizesOf({ hidden_size, num_hidden_layers, num_attention_heads }: EncoderSizes) {
  return { width: hidden_size, num_layers: num_hidden_layers, num_heads: num_attention_heads };
}
