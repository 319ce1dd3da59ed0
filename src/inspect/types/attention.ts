/** What reports show of where models look: plain data, safe in a browser. */

/** The attention of the patches of one image in one layer, to each other or to words. */
export interface AttentionLayer {
  /** Such as `blocks.0.attn`. */
  readonly layer: string;
  /** `H`; 1 where the heads were averaged. */
  readonly numHeads: number;
  /** `S` */
  readonly numQueries: number;
  /** `T` */
  readonly numKeys: number;
  /** Shares of each row, times 255 over the row's largest; over their sum they are the shares. */
  readonly weights: Uint8Array; // [H, S, T]
}

/** Where the patches of one image look. */
export interface ImageAttention {
  readonly rows: number;
  readonly cols: number;
  /** Among the patches, row by row. */
  readonly layers: readonly AttentionLayer[];
  /** Of the class token to the patches, `S` 1, in the same layers. */
  readonly classToken?: readonly AttentionLayer[];
  /** What the patches read: the words of one or more texts, which follow each other in `T`. */
  readonly text?: {
    readonly words: readonly (readonly string[])[];
    readonly layers: readonly AttentionLayer[];
  };
  /** What the words of one text read: they look at the patches. */
  readonly fromWords?: {
    readonly words: readonly string[]; // [S]
    readonly layers: readonly AttentionLayer[];
  };
}

/** What the routers made of one patch. */
export interface PatchDecision {
  /** Its place, row by row. */
  readonly patch: number;
  readonly rows: number;
  readonly cols: number;
  readonly layers: readonly {
    readonly layer: string;
    /** Of every expert, 0 to 1. */
    readonly probabilities: readonly number[]; // [E]
    /** Chosen experts, best first. */
    readonly ids: readonly number[];
  }[];
}
