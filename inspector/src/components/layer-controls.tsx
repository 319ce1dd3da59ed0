/** Controls of routed layers: layer, choice and tint; all are stored in the address. */
import type { RecordedLayer } from "moesaic/inspect";
import { formatPercent } from "moesaic/report/browser";
import type { ComponentChildren } from "preact";
import { choose } from "../route.ts";
import { Choice, LayerSlider, Slider, Toolbar } from "./controls.tsx";
import { PlayLayers } from "./play-layers.tsx";
import { type ChosenRouting, ordinals } from "./routing-controls.tsx";

interface LayerControlsProps {
  readonly layers: readonly RecordedLayer[];
  readonly chosen: ChosenRouting;
  /** Tint in percent; if absent, there is no tint slider. */
  readonly tint?: number;
  /** Further controls. */
  readonly children?: ComponentChildren;
}

/** Play button, layer, tint and choice side by side; controls without alternatives are hidden. */
export function LayerControls({ layers, chosen, tint, children }: LayerControlsProps) {
  const { layer, choice, choices } = chosen;
  const onLayer = (next: number): void => choose({ layer: next });
  return (
    <Toolbar>
      <div class="layers">
        {layers.length > 1 && <PlayLayers count={layers.length} layer={layer} onLayer={onLayer} />}
        <LayerSlider layers={layers.map((entry) => entry.layer)} value={layer} onChange={onLayer} />
      </div>
      {tint !== undefined && <TintSlider tint={tint} />}
      {choices > 1 && (
        <Choice
          label="Choice"
          value={choice}
          options={ordinals.slice(0, choices).map((label, value) => ({ label, value }))}
          onChange={(next) => choose({ choice: next })}
        />
      )}
      {children}
    </Toolbar>
  );
}

/** The tint of images, in percent. */
export function TintSlider({ tint }: { readonly tint: number }) {
  return (
    <Slider
      label="Colour"
      value={tint}
      max={100}
      says={formatPercent(tint / 100, 0)}
      onChange={(value) => choose({ tint: value })}
    />
  );
}
