/** The configuration of LIMoE, and that of each of two towers. */
import { defined } from "../../graph/defined.ts";
import type { NormPlace } from "../transformer-blocks.ts";
import type { LimoeTowerConfig, Modality } from "./tower.ts";

export interface LimoeConfig extends LimoeTowerConfig {
  /** One tower for both modalities (LIMoE), or one per modality (CLIP). */
  readonly towers: "one" | "two";
  /** What is different in one of two towers. */
  readonly imageTower?: ImageTowerConfig | undefined;
  readonly textTower?: TextTowerConfig | undefined;
  readonly patchSize: number;
  /** Patch embedding: one linear layer, or a convolution stem. */
  readonly stem: "linear" | "conv";
  /** Maximum number of tokens of a text, including start and end tokens. */
  readonly contextLength: number;
  /** `P` */
  readonly embedDim: number;
  readonly contrastive: {
    readonly form: "info_nce" | "siglip";
    readonly temperature: number;
    /** Whether the temperature is learned, starting from `temperature`. */
    readonly learnedTemperature: boolean;
    /** Lower bound of a learned temperature. */
    readonly minTemperature: number;
  };
}

type Shared = "width" | "numLayers" | "numHeads" | "dropout" | "moeLayers" | "normEpsilon";
/** Settings may be present without a value. */
type Undefinable<T> = { readonly [Key in keyof T]?: T[Key] | undefined };

interface TowerOptions extends Undefinable<Pick<LimoeTowerConfig, Shared>> {
  /** Whether the sums of token and position embeddings are normalised. */
  readonly embeddingNorm: boolean;
  /** The map to the shared space; `none` for features that have its width. */
  readonly projection: "linear" | "none";
  readonly projectionBias: boolean;
}

export interface ImageTowerConfig extends TowerOptions {
  /** Whether a class token takes part in attention, as in pre-trained vision transformers. */
  readonly classToken: boolean;
  /** The mean of the patches, the class token, both one after the other, or attention pooling. */
  readonly pool: "mean" | "cls" | "cls_mean" | "map";
}

export interface TextTowerConfig extends TowerOptions {
  readonly norm: NormPlace;
  /** Whether tokens attend to earlier tokens only. */
  readonly causal: boolean;
  /** The mean of the tokens, the first, or the last. */
  readonly pool: "mean" | "cls" | "last";
  /** The id that fills texts up to the context length and is read like a word. */
  readonly padId?: number | undefined;
}

/** The tower of a modality with what is common to both. */
export interface Tower extends LimoeConfig, Pick<TowerOptions, "embeddingNorm"> {
  readonly projection: "linear" | "none";
  readonly projectionBias: boolean;
}

/** The settings of the tower of a modality; those of the model where it has none of its own. */
export function towerOf(config: LimoeConfig, modality: Modality): Tower {
  const common = { embeddingNorm: false, projection: "linear", projectionBias: false } as const;
  return { ...common, ...config, ...defined(config[`${modality}Tower`] ?? {}) };
}
