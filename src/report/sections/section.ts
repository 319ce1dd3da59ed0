/** Shared parts of the report's sections. */

import { layerExperts } from "../../inspect/mosaic-layer.ts";
import type { RecordedImage } from "../../inspect/types/image.ts";
import type { RunRecord } from "../../inspect/types/run-record.ts";
import { type Html, html, type Part } from "../html.ts";
import { pngDataUri } from "../png.ts";
import type { SeriesTable } from "../series.ts";

/** Inputs of a section. */
export interface Context {
  readonly run: RunRecord;
  readonly series: SeriesTable;
  /** Creates SVG elements. */
  readonly document: Document;
}

/** A part of the report; `draw` returns null if the run has no such data. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly draw: (context: Context) => Html | null;
}

/** Name of a class, or its index. */
export function className(run: RunRecord, index: number): string {
  return run.classNames[index] ?? `class ${index}`;
}

/** Number of experts of the widest layer; 0 without routing. */
export function mostExperts(run: RunRecord): number {
  const routed = run.routing?.map((entry) => entry.numExperts) ?? [];
  return Math.max(
    0,
    ...routed,
    ...(run.mosaics ?? []).flatMap((m) =>
      m.layers.map((layer) => layerExperts(layer, run.routing)),
    ),
    ...(run.tokenTraces ?? []).flatMap((t) => t.layers.map(({ numExperts }) => numExperts)),
  );
}

/** A chart with a heading and a caption. */
export function figure(title: Part, chart: Part, note?: Part): Html {
  return html`<figure class="card">
<h3>${title}</h3>
${chart}
${note === undefined || note === null ? null : html`<figcaption>${note}</figcaption>`}
</figure>`;
}

/** An image of the data with the model's prediction. */
export function predictionFigure(image: RecordedImage, alt: string, caption: Html): Html {
  const height = Math.round((88 * image.height) / image.width);
  return html`<figure class="card prediction">
<img src="${pngDataUri(image)}" width="88" height="${height}" alt="${alt}">
<figcaption>
${caption}
</figcaption>
</figure>`;
}
