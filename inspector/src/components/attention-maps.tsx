/** Attention maps side by side, one per layer. */
import type { AttentionLayer } from "moesaic/inspect";
import { AttentionMap } from "./attention-map.tsx";

/** The picture below the maps, and the opacity of the maps. */
export interface MapPicture {
  /** Id of the grey picture. */
  readonly id: string;
  readonly rows: number;
  readonly cols: number;
  /** Opacity, 0 to 1. */
  readonly tint: number;
}

interface AttentionMapsProps {
  readonly picture: MapPicture;
  readonly layers: readonly AttentionLayer[];
  /** Shares relative to the even share, row by row. */
  readonly ratiosOf: (layer: AttentionLayer, index: number) => readonly number[];
  readonly patch: number | null;
  /** Accessible name of each map, before "in <layer>". */
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
