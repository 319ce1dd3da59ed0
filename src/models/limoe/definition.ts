import { defined } from "../../graph/defined.ts";
import { defineSystem } from "../define.ts";
import { denseBlocks, moeExperts } from "../experts.ts";
import { moeBlockSizes } from "../sizes.ts";
import { type LimoeSettings, limoeSchema } from "./config.ts";

export const limoeDefinition = defineSystem({
  name: "limoe",
  title: "LIMoE",
  paper: "arXiv:2206.02770",
  description: "One sparse transformer that embeds images and texts in one space.",
  schema: limoeSchema,
  reads: "image",
  texts: () => "samples",
  answers: () => "contrastive",
  parts: ({ towers, ...settings }) => (towers === "two" ? twoTowers(settings) : {}),
  experts: { ...moeExperts, dense: denseBlocks },
  sizes: (settings) => ({
    ...moeBlockSizes(settings),
    layers: Math.max(
      settings.imageTower?.numLayers ?? settings.numLayers,
      settings.textTower?.numLayers ?? settings.numLayers,
    ),
  }),
  pages: ["mosaic", "tokens", "experts", "attention", "confusion", "playground"],
});

type Settings = Omit<LimoeSettings, "towers">;

/** Both towers have the experts of the model. */
const placeIn = (tower: string) => (key: string) =>
  key.startsWith("moe.") ? key : `${tower}.${key}`;

/** The towers as a vision transformer and a text encoder, with the patches and words that they read. */
function twoTowers(settings: Settings) {
  const { numHeads, moe, imageTower, textTower } = settings;
  const shared = { numHeads, moe, norm: "pre", embeddingNorm: false, normEpsilon: 1e-5 };
  return {
    image: {
      names: [
        ["patch_embed.", "patch_embed."],
        ["pos_embed", "image_pos_embed"],
        ["cls_token", "image_cls_token"],
        ["", "image_tower."],
      ],
      settings: () => ({ ...shared, ...defined(imageTower ?? {}) }),
      placeOf: placeIn("image_tower"),
    },
    text: {
      names: [
        ["token_embedding.", "text_embed."],
        ["position_embedding.weight", "text_pos_embed"],
        ["", "text_tower."],
      ],
      settings: () => ({ ...shared, ...defined(textTower ?? {}) }),
      placeOf: placeIn("text_tower"),
    },
  } as const;
}
