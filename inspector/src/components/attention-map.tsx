/** One attention map with patch selection by pointer or keys. */

import { attentionChart, markPatch } from "moesaic/report/browser";
import { useLayoutEffect, useRef } from "preact/hooks";
import { movedPatch, patchAt, placeName } from "./patch-grid.ts";

interface AttentionMapProps {
  /** Id of the grey picture below. */
  readonly id: string;
  readonly rows: number;
  readonly cols: number;
  /** Shares relative to the even share, row by row. */
  readonly ratios: readonly number[];
  readonly patch: number | null;
  readonly title: string;
  /** Accessible name. */
  readonly name: string;
  readonly onPatch: (patch: number | null) => void;
}

export function AttentionMap(props: AttentionMapProps) {
  const { id, rows, cols, ratios, patch, title, name, onPatch } = props;
  const host = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const svg = attentionChart({ rows, cols, ratios }, { document, width: 320, image: `#${id}` });
    svg.setAttribute("aria-hidden", "true");
    if (patch !== null) markPatch(svg, patch, cols, { document });
    host.current!.replaceChildren(svg);
  }, [id, rows, cols, ratios.join(), patch]);
  const where = patch === null ? "all patches" : placeName(patch, cols);
  return (
    <figure class="map">
      <div
        ref={host}
        role="slider"
        tabIndex={0}
        aria-label={`${name}; arrow keys move the query patch, Escape clears it`}
        aria-valuemin={0}
        aria-valuemax={rows * cols}
        aria-valuenow={patch === null ? 0 : patch + 1}
        aria-valuetext={where}
        onClick={(event) => {
          const next = patchAt(event, { rows, cols });
          onPatch(next === patch ? null : next);
        }}
        onKeyDown={(event) => {
          const next = movedPatch(event.key, patch, { rows, cols });
          if (next === undefined) return;
          event.preventDefault();
          onPatch(next);
        }}
      />
      <figcaption>{title}</figcaption>
    </figure>
  );
}
