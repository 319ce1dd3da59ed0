/** Thumbnails of all layers of one mosaic, for selection. */

import type { RecordedImage, RecordedLayer } from "moesaic/inspect";
import { mosaicChart } from "moesaic/report/browser";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import type { ImageRouting } from "../data/routing.ts";
import { GreyPicture } from "./grey-picture.tsx";

interface FilmStripProps {
  readonly image: RecordedImage;
  readonly routing: ImageRouting;
  readonly layer: number;
  readonly choice: number;
  readonly tint: number;
  readonly focus: number | null;
  readonly onLayer: (layer: number) => void;
}

/** One small mosaic per layer. */
export function FilmStrip(props: FilmStripProps) {
  const { image, routing, layer, choice, tint, focus, onLayer } = props;
  const id = useId();
  return (
    <div class="film" style={{ "--tint": tint }}>
      <GreyPicture id={id} image={image} />
      {routing.layers.map((entry, i) => (
        <button
          key={entry.layer}
          type="button"
          class="frame"
          aria-pressed={i === layer}
          onClick={() => onLayer(i)}
        >
          <SmallMosaic id={id} routing={routing} entry={entry} choice={choice} focus={focus} />
          <span>{entry.layer}</span>
        </button>
      ))}
    </div>
  );
}

interface SmallMosaicProps {
  /** Id of the picture below. */
  readonly id: string;
  readonly routing: ImageRouting;
  readonly entry: RecordedLayer;
  readonly choice: number;
  readonly focus: number | null;
}

function SmallMosaic({ id, routing, entry, choice, focus }: SmallMosaicProps) {
  const host = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    const { rows, cols } = routing;
    const { numExperts } = entry;
    const svg = mosaicChart(
      { ...entry, rows, cols },
      {
        document,
        choice,
        width: 120,
        image: `#${id}`,
        numExperts,
        strength: "even",
      },
    );
    svg.querySelector(".numbers")?.remove();
    host.current!.replaceChildren(svg);
  }, [routing, entry, choice, id]);
  useLayoutEffect(() => {
    for (const part of host.current!.querySelectorAll("[data-expert]")) {
      part.classList.toggle("on", part.getAttribute("data-expert") === String(focus));
    }
  }, [routing, entry, choice, focus]);
  return <span ref={host} class={focus === null ? "small-mosaic" : "small-mosaic focused"} />;
}
