/** Images with the experts of each patch. */
import type { ImageAttention, PatchDecision } from "./attention.ts";
import type { RecordedImage } from "./image.ts";
import type { RecordedLayer } from "./routed-layer.ts";

/** What the router of one layer decided for the patches of one image. */
export interface MosaicLayer extends Omit<RecordedLayer, "numExperts"> {
  readonly rows: number;
  readonly cols: number;
  /** Experts of the layer; if absent, those of the run's routing of the same layer. */
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
