/** Attention and patch decisions for reports: plain data, safe in a browser. */

/** The attention of the patches of one image in one layer, to each other or to words. */
export interface AttentionLayer {
  /** Layer name, such as `blocks.0.attn`. */
  readonly layer: string;
  /** `H`; 1 if the heads are averaged. */
  readonly numHeads: number;
  /** Number of queries, `S`. */
  readonly numQueries: number;
  /** Number of keys, `T`. */
  readonly numKeys: number;
  /** Attention scaled so that each row's maximum is 255; divide by the row sum to get shares. */
  readonly weights: Uint8Array; // [H, S, T]
}

/** The attention maps of one image. */
export interface ImageAttention {
  readonly rows: number;
  readonly cols: number;
  /** Self-attention of the patches, row by row. */
  readonly layers: readonly AttentionLayer[];
  /** Attention of the class token to the patches, `S` = 1, in the same layers. */
  readonly classToken?: readonly AttentionLayer[];
  /** Attention of the patches to the words of one or more texts, concatenated along `T`. */
  readonly text?: {
    readonly words: readonly (readonly string[])[];
    readonly layers: readonly AttentionLayer[];
  };
  /** Attention of the words of one text to the patches. */
  readonly fromWords?: {
    readonly words: readonly string[]; // [S]
    readonly layers: readonly AttentionLayer[];
  };
}

/** Router decisions for one patch. */
export interface PatchDecision {
  /** Index of the patch, row by row. */
  readonly patch: number;
  readonly rows: number;
  readonly cols: number;
  readonly layers: readonly {
    readonly layer: string;
    /** Probability of every expert, 0 to 1. */
    readonly probabilities: readonly number[]; // [E]
    /** Chosen experts, best first. */
    readonly ids: readonly number[];
  }[];
}
