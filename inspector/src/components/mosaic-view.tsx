/** One layer of the mosaic, large: patches are selected by pointer or arrow keys. */
import { useSignal } from "@preact/signals";
import type { RecordedImage } from "moesaic/inspect";
import { formatPercent, markPatch, mosaicChart } from "moesaic/report/browser";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { expertAt, type ImageRouting, weightAt } from "../data/routing.ts";
import { GreyPicture } from "./grey-picture.tsx";
import { movedPatch, patchAt, placeName } from "./patch-grid.ts";

export interface MosaicViewProps {
  readonly image: RecordedImage;
  readonly routing: ImageRouting;
  readonly layer: number;
  readonly choice: number;
  readonly graded: boolean;
  /** Opacity of the tint, 0 to 1. */
  readonly tint: number;
  /** The highlighted expert. */
  readonly focus: number | null;
  readonly patch: number | null;
  readonly onPatch: (patch: number | null) => void;
}

/** A mosaic with patch selection; details of the patch are shown below. */
export function MosaicView(props: MosaicViewProps) {
  const { image, routing, layer, choice, graded, tint, focus, patch, onPatch } = props;
  const host = useRef<HTMLDivElement>(null);
  const id = useId();
  const pointed = useSignal<number | null>(null);
  const { rows, cols } = routing;
  const routed = routing.layers[layer]!;

  useLayoutEffect(() => {
    const svg = mosaicChart(
      { ...routed, rows, cols },
      {
        document,
        choice,
        width: 640,
        image: `#${id}`,
        numExperts: routed.numExperts,
        strength: graded ? "graded" : "even",
        numberSize: Math.min(0.68, Math.max(0.22, cols / 22)),
      },
    );
    // The host element carries the accessible name.
    svg.setAttribute("aria-hidden", "true");
    svg.removeAttribute("role");
    host.current!.replaceChildren(svg);
  }, [routing, routed, choice, graded, id]);
  useLayoutEffect(() => {
    for (const part of host.current!.querySelectorAll("[data-expert]")) {
      part.classList.toggle("on", part.getAttribute("data-expert") === String(focus));
    }
  }, [routing, routed, choice, graded, focus]);
  useLayoutEffect(() => {
    const svg = host.current!.querySelector("svg")!;
    for (const mark of svg.querySelectorAll(".from")) mark.remove();
    if (patch !== null && patch < rows * cols) markPatch(svg, patch, cols, { document });
  }, [routing, routed, choice, graded, patch]);

  useLayoutEffect(() => {
    pointAt(host.current!.querySelector("svg")!, pointed.value, cols);
  }, [routing, routed, choice, graded, pointed.value]);

  const say = (place: number | null): string =>
    place === null ? "no patch selected" : describe(routing, layer, choice, place);
  const shown = pointed.value ?? patch;
  return (
    <div class="mosaic-view">
      <GreyPicture id={id} image={image} />
      <div
        ref={host}
        class={focus === null ? "large" : "large focused"}
        style={{ "--tint": tint, "--aspect": cols / rows }}
        role="slider"
        tabIndex={0}
        aria-label={`Patch of the mosaic of ${routed.layer}; arrow keys select a patch, Escape clears it`}
        aria-valuemin={0}
        aria-valuemax={rows * cols}
        aria-valuenow={patch === null ? 0 : patch + 1}
        aria-valuetext={say(patch)}
        onPointerMove={(event) => {
          pointed.value = patchAt(event, routing);
        }}
        onPointerLeave={() => {
          pointed.value = null;
        }}
        onClick={(event) => {
          const next = patchAt(event, routing);
          onPatch(next === patch ? null : next);
        }}
        onKeyDown={(event) => {
          const next = movedPatch(event.key, patch, routing);
          if (next === undefined) return;
          event.preventDefault();
          onPatch(next);
        }}
      />
      <p class="readout" aria-hidden="true">
        {shown === null ? "Point at a patch; click it to see its probabilities." : say(shown)}
      </p>
    </div>
  );
}

/** Frames the patch under the pointer. */
function pointAt(svg: SVGSVGElement, patch: number | null, cols: number): void {
  svg.querySelector(".pointed")?.remove();
  if (patch === null) return;
  const frame = document.createElementNS("http://www.w3.org/2000/svg", "path");
  frame.setAttribute("class", "pointed");
  frame.setAttribute("d", `M${patch % cols} ${Math.floor(patch / cols)}h1v1h-1z`);
  svg.append(frame);
}

function describe({ cols, layers }: ImageRouting, layer: number, choice: number, place: number) {
  const routed = layers[layer]!;
  const where = placeName(place, cols);
  const expert = expertAt(routed, choice, place);
  if (expert < 0) return `${where}: ${choice === 0 ? "dropped, no expert" : "no such choice"}`;
  const weight = weightAt(routed, choice, place);
  return `${where}: expert ${expert}${weight === undefined ? "" : `, weight ${formatPercent(weight, 0)}`}`;
}
