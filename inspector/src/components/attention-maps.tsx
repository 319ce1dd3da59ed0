/** Maps of attention side by side, one of each layer. */
import type { AttentionLayer } from "moesaic/inspect";
import { AttentionMap } from "./attention-map.tsx";

/** The picture below the maps, and how strongly they cover it. */
export interface MapPicture {
  /** Of the grey picture. */
  readonly id: string;
  readonly rows: number;
  readonly cols: number;
  /** 0 to 1. */
  readonly tint: number;
}

interface AttentionMapsProps {
  readonly picture: MapPicture;
  readonly layers: readonly AttentionLayer[];
  /** Multiples of the even share, row by row. */
  readonly ratiosOf: (layer: AttentionLayer, index: number) => readonly number[];
  readonly patch: number | null;
  /** What a screen reader says of each map, before "in <layer>". */
  readonly name: string;
  readonly onPatch: (patch: number | null) => void;
}

export function AttentionMaps(props: AttentionMapsProps) {
  const { picture, layers, ratiosOf, patch, name, onPatch } = props;
  const { tint, ...place } = picture;
  return (
    <div class="maps" style={{ "--tint": tint }}>
      {layers.map((layer, i) => (
        <AttentionMap
          key={layer.layer}
          {...place}
          ratios={ratiosOf(layer, i)}
          patch={patch}
          title={layer.layer}
          name={`${name} in ${layer.layer}`}
          onPatch={onPatch}
        />
      ))}
    </div>
  );
}
