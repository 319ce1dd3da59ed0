/** What the sections of a report share. */

import type { RunRecord } from "../../inspect/types/run-record.ts";
import { type Html, html, type Part } from "../html.ts";
import type { SeriesTable } from "../series.ts";

/** What a section may use. */
export interface Context {
  readonly run: RunRecord;
  readonly series: SeriesTable;
  /** Makes SVG elements. */
  readonly document: Document;
}

/** A part of the report; `draw` returns nothing when the run has no such data. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly draw: (context: Context) => Html | null;
}

/** Name of a class, or its number. */
export function className(run: RunRecord, index: number): string {
  return run.classNames[index] ?? `class ${index}`;
}

/** Number of experts of the widest layer; 0 when the run routes nothing. */
export function mostExperts(run: RunRecord): number {
  const routed = run.routing?.map((entry) => entry.numExperts) ?? [];
  return Math.max(
    0,
    ...routed,
    ...(run.mosaics ?? []).flatMap((m) => m.layers.map(layerExperts(run))),
    ...(run.tokenTraces ?? []).flatMap((t) => t.layers.map(({ numExperts }) => numExperts)),
  );
}

/** Experts of a mosaic's layer: as recorded, else as routed, else the highest number seen. */
export function layerExperts(
  run: RunRecord,
): (layer: {
  layer: string;
  numExperts?: number;
  experts: Uint8Array | readonly number[];
}) => number {
  return ({ layer, numExperts, experts }) => {
    if (numExperts !== undefined) return numExperts;
    const routed = run.routing?.find((entry) => entry.layer === layer)?.numExperts;
    return routed ?? Array.from(experts).reduce((most, expert) => Math.max(most, expert + 1), 0);
  };
}

/** A chart with a heading above and a sentence below. */
export function figure(title: Part, chart: Part, note?: Part): Html {
  return html`<figure class="card">
<h3>${title}</h3>
${chart}
${note === undefined || note === null ? null : html`<figcaption>${note}</figcaption>`}
</figure>`;
}
