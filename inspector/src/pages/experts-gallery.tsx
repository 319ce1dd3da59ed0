/** Typical patches and words of each expert. */

import type { ExpertGallery, LayerGallery, LayerRouting } from "moesaic/inspect";
import {
  formatPercent,
  loadStatus,
  patchSheetChart,
  patchSprite,
  statusSign,
} from "moesaic/report/browser";
import { useMemo } from "preact/hooks";
import { Chart } from "../components/chart.tsx";
import { Swatch } from "../components/expert-legend.tsx";
import { layerGallery } from "../data/gallery.ts";
import type { StoredRecord } from "../data/record.ts";

const columns = 4;
/** Maximum side of a patch in the sheet, pixels. */
const mostSide = 24;

interface ExpertGalleriesProps {
  readonly record: StoredRecord;
  readonly entry: LayerRouting;
}

export function ExpertGalleries({ record, entry }: ExpertGalleriesProps) {
  const gallery = useMemo(() => layerGallery(record, entry.layer), [record, entry.layer]);
  if (gallery === undefined) return null;
  const { ofRecord, numPatches, numWords } = gallery;
  return (
    <section>
      <h2>
        Patches and words of each expert <small>{entry.layer}</small>
      </h2>
      <p class="lede">
        {numPatches > 0 && "Patches with the highest router probability. "}
        {numWords > 0 && "Words that most often have the expert as their first choice. "}
        {ofRecord && "From the recorded images and texts."}
      </p>
      <div class="gallery">
        {gallery.experts.map((expert) => (
          <Expert key={expert.expert} gallery={gallery} expert={expert} entry={entry} />
        ))}
      </div>
    </section>
  );
}

interface ExpertProps {
  readonly gallery: LayerGallery;
  readonly expert: ExpertGallery;
  readonly entry: LayerRouting;
}

function Expert({ gallery, expert: own, entry }: ExpertProps) {
  const { expert, patches, words } = own;
  const { numPatches, numWords, layer } = gallery;
  const status = loadStatus(entry.load[expert] ?? 0, entry.numExperts);
  const kind = entry.expertKinds?.[expert];
  return (
    <figure class="card">
      <h4>
        <Swatch expert={expert} />{" "}
        <small>
          {formatPercent(entry.load[expert] ?? 0, 0)} of assignments
          {kind !== undefined && `, ${kind}`}
        </small>
        {status !== "even" && (
          <b class="warning">
            {" "}
            {statusSign[status]} {status}
          </b>
        )}
      </h4>
      {numPatches > 0 &&
        (patches.length === 0 ? (
          <p class="none">No patch.</p>
        ) : (
          <Chart
            height={60}
            widest={320}
            of={[own]}
            draw={(width) => drawPatches(own, layer, width)}
          />
        ))}
      {numWords > 0 &&
        (words.length === 0 ? (
          <p class="none">No typical word.</p>
        ) : (
          <ul class="typical">
            {words.map(({ text, count, total }) => (
              <li key={text} title={`${count} of ${total} occurrences`}>
                <span>{text.trim() === "" ? "\u2423" : text}</span>{" "}
                <b>{formatPercent(count / total, 0)}</b>
              </li>
            ))}
          </ul>
        ))}
    </figure>
  );
}

function drawPatches({ expert, patches }: ExpertGallery, layer: string, width: number) {
  const images = patches.map(({ image }) => image);
  const largest = Math.max(...images.map((image) => Math.max(image.width, image.height)));
  const sprite = patchSprite(images, { side: Math.min(mostSide, largest), columns });
  const titles = patches.map(
    ({ index, patch, probability }) =>
      `image ${index}, patch ${patch}: ${formatPercent(probability, 0)}`,
  );
  const label = `Patches that ${layer} sends to expert ${expert} with the highest probability`;
  return patchSheetChart(titles, { ...sprite, document, width, label });
}
