/** The mosaic of one image with its controls, shared by records and the playground. */

import type { RecordedImage } from "moesaic/inspect";
import type { ComponentChildren } from "preact";
import type { ImageRouting } from "../data/routing.ts";
import { choose, chosenIndex, route } from "../route.ts";
import { Switch } from "./controls.tsx";
import { DecisionBars } from "./decision-bars.tsx";
import { FilmStrip } from "./film-strip.tsx";
import { LayerControls } from "./layer-controls.tsx";
import { MosaicView } from "./mosaic-view.tsx";
import { placeName } from "./patch-grid.ts";
import { Picture } from "./picture.tsx";
import { chosenRouting, ExpertsCard, ordinals } from "./routing-controls.tsx";

interface MosaicExplorerProps {
  readonly image: RecordedImage;
  readonly routing: ImageRouting;
  /** Name of the image content. */
  readonly name: string;
  readonly caption?: ComponentChildren;
  /** Prediction of the model for the image. */
  readonly answer?: ComponentChildren;
  /** Kinds of the experts of a layer. */
  readonly kindsOf?: (layer: string) => readonly string[] | undefined;
}

/** Layer, choice, tint, expert and patch are stored in the address. */
export function MosaicExplorer(props: MosaicExplorerProps) {
  const { image, routing, name, caption, answer, kindsOf } = props;
  const { layers, cols, rows } = routing;
  const { params } = route.value;
  const shown = chosenRouting(layers);
  const { layer, routed, choice, focus } = shown;
  const tint = chosenIndex("tint", 101, 65);
  const graded = params.get("weights") === "1";
  const chosen = chosenIndex("patch", rows * cols, -1);
  const patch = chosen < 0 ? null : chosen;
  const place = patch === null ? "" : placeName(patch, cols);
  return (
    <div class="explorer">
      <div class="stage">
        <LayerControls layers={layers} chosen={shown} tint={tint}>
          <Switch
            label="Weights as strength"
            value={graded}
            onChange={(value) => choose({ weights: value ? 1 : null })}
          />
        </LayerControls>
        <MosaicView
          image={image}
          routing={routing}
          layer={layer}
          choice={choice}
          graded={graded}
          tint={tint / 100}
          focus={focus}
          patch={patch}
          onPatch={(next) => choose({ patch: next })}
        />
      </div>
      <div class="aside">
        {answer}
        <div class="card facts">
          <Picture image={image} alt={name} width={112} />
          <div>
            <h3>{name}</h3>
            {caption}
          </div>
        </div>
        <ExpertsCard
          chosen={shown}
          unit="patches of this image"
          note="Choose an expert to see only its patches. Hatched patches were dropped."
        />
        <div class="card">
          <h3>
            Probabilities{" "}
            <small>{patch === null ? "" : `of the patch in ${place}, all layers`}</small>
          </h3>
          {patch === null ? (
            <p class="none">Click a patch or select one with the arrow keys.</p>
          ) : (
            <DecisionBars
              layers={layers}
              place={patch}
              name={`the patch in ${place}`}
              kinds={kindsOf?.(routed.layer)}
            />
          )}
        </div>
      </div>
      {layers.length > 1 && (
        <div class="card whole">
          <h3>
            All layers <small>{ordinals[choice]} choice</small>
          </h3>
          <FilmStrip
            image={image}
            routing={routing}
            layer={layer}
            choice={choice}
            tint={tint / 100}
            focus={focus}
            onLayer={(value) => choose({ layer: value })}
          />
        </div>
      )}
    </div>
  );
}
