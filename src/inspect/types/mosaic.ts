/** Images with the first expert of each patch. Letter: `S` patches of an image. */
import type { RouterDetails } from "../router-details.ts";
import type { ImageAttention, PatchDecision } from "./attention.ts";
import type { RecordedImage } from "./image.ts";

/**
 * The first choice of one layer's router for every patch of one image, and all that it said of them
 * where it is known.
 */
export interface MosaicLayer extends Partial<RouterDetails> {
  readonly layer: string;
  readonly rows: number;
  readonly cols: number;
  /** First expert of each patch, row by row; a value outside 0 to E-1 is a dropped patch. */
  readonly experts: Uint8Array | readonly number[]; // [S]
  /** Weight of that expert, 0 to 1. */
  readonly gates?: readonly number[]; // [S]
  /** Experts of the layer; taken from the routing of the same layer when absent. */
  readonly numExperts?: number;
}

/** One image and what every MoE layer made of its patches. */
export interface Mosaic {
  readonly image: RecordedImage;
  readonly label: number;
  readonly caption?: string;
  readonly layers: readonly MosaicLayer[];
  readonly attention?: ImageAttention;
  /** Of some patches. */
  readonly decisions?: readonly PatchDecision[];
}
