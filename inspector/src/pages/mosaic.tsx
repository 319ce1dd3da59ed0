/** Expert of every patch of an image, in every layer. */
import { useMemo } from "preact/hooks";
import { MosaicExplorer } from "../components/mosaic-explorer.tsx";
import { Empty } from "../components/states.tsx";
import { Thumbnails } from "../components/thumbnails.tsx";
import { className, expertKinds, type WatchedImage, watchedImages } from "../data/pictures.ts";
import type { StoredRecord } from "../data/record.ts";
import { imageRouting } from "../data/routing.ts";
import { choose, chosenIndex } from "../route.ts";

export function MosaicPage({ record }: { readonly record: StoredRecord }) {
  const images = watchedImages(record);
  const index = chosenIndex("image", images.length, 0);
  const chosen = images[index];
  const routing = useMemo(
    () => (chosen === undefined ? undefined : imageRouting(chosen.mosaic, record)),
    [chosen, record],
  );
  if (chosen === undefined || routing === undefined) {
    return <Empty>No image was recorded, because this model does not route image patches.</Empty>;
  }
  const { mosaic, name } = chosen;
  return (
    <>
      <p class="lede">
        Every patch has the colour of its expert. Select a layer, and choose a patch to see its
        router probabilities.
      </p>
      <Thumbnails
        images={images.map((entry) => ({ image: entry.mosaic.image, name: title(entry) }))}
        chosen={index}
        onChoose={(image) => choose({ image, patch: null }, { keep: true })}
      />
      <MosaicExplorer
        image={mosaic.image}
        routing={routing}
        name={name}
        caption={<Caption record={record} entry={chosen} />}
        kindsOf={(layer) => expertKinds(record, layer)}
      />
    </>
  );
}

function title({ name, scene }: WatchedImage): string {
  return scene === undefined ? name : `${name}, ${scene}`;
}

function Caption({
  record,
  entry,
}: {
  readonly record: StoredRecord;
  readonly entry: WatchedImage;
}) {
  const { mosaic, scene } = entry;
  const found = record.predictions?.find(({ image }) => image === mosaic.image);
  return (
    <div class="note">
      {scene !== undefined && <p>{scene}</p>}
      {mosaic.caption !== undefined && <p>{mosaic.caption}</p>}
      {found !== undefined && (
        <p class={found.predicted === mosaic.label ? "right" : "wrong"}>
          predicted {className(record, found.predicted)}
        </p>
      )}
    </div>
  );
}
