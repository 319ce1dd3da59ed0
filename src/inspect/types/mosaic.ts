/** Images with the experts of each patch. */
import type { ImageAttention, PatchDecision } from "./attention.ts";
import type { RecordedImage } from "./image.ts";
import type { RecordedLayer } from "./routed-layer.ts";

/** The router's decisions of one layer for the patches of one image. */
export interface MosaicLayer extends Omit<RecordedLayer, "numExperts"> {
  readonly rows: number;
  readonly cols: number;
  /** Number of experts; if absent, that of the same layer in the run's routing. */
  readonly numExperts?: number;
}

/** One image with the decisions of every MoE layer for its patches. */
export interface Mosaic {
  readonly image: RecordedImage;
  readonly label: number;
  readonly caption?: string;
  readonly layers: readonly MosaicLayer[];
  readonly attention?: ImageAttention;
  /** Details of some patches. */
  readonly decisions?: readonly PatchDecision[];
}
