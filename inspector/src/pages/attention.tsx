/** Attention between patches, by head and layer, and to words. */
import { useSignal } from "@preact/signals";
import {
  type AttentionLayer,
  attentionShares,
  type ImageAttention,
  type Mosaic,
} from "moesaic/inspect";
import { attentionColors } from "moesaic/report/browser";
import { useId } from "preact/hooks";
import { AttentionMaps } from "../components/attention-maps.tsx";
import { Slider, Toolbar } from "../components/controls.tsx";
import { GreyPicture } from "../components/grey-picture.tsx";
import { TintSlider } from "../components/layer-controls.tsx";
import { placeName } from "../components/patch-grid.ts";
import { Empty } from "../components/states.tsx";
import { Thumbnails } from "../components/thumbnails.tsx";
import { watchedImages } from "../data/pictures.ts";
import { choose, chosenIndex } from "../route.ts";
import { AttentionFromWords } from "./attention-from-words.tsx";
import { AttentionWords } from "./attention-words.tsx";
import type { RecordPageProps } from "./record-page.ts";

type Attentive = { readonly mosaic: Mosaic & { attention: ImageAttention }; readonly name: string };

export function AttentionPage({ record }: RecordPageProps) {
  const images = watchedImages(record).filter(
    (entry): entry is typeof entry & Attentive => entry.mosaic.attention !== undefined,
  );
  const index = chosenIndex("image", images.length, 0);
  const chosen = images[index];
  if (chosen === undefined) {
    return (
      <Empty>
        No attention was recorded: this model has no attention between patches, or its images have
        too many patches.
      </Empty>
    );
  }
  return (
    <>
      <p class="lede">
        How much attention each patch receives, as a multiple of the even share. Choose a patch to
        see its attention.
      </p>
      <Thumbnails
        images={images.map(({ mosaic, name }) => ({ image: mosaic.image, name }))}
        chosen={index}
        onChoose={(image) => choose({ image, patch: null }, { keep: true })}
      />
      <Looks key={index} entry={chosen} />
    </>
  );
}

function Looks({ entry: { mosaic, name } }: { readonly entry: Attentive }) {
  const { attention, image } = mosaic;
  const { rows, cols, layers, classToken = [], text, fromWords } = attention;
  const id = useId();
  const ofClass = useSignal(false);
  const tint = chosenIndex("tint", 101, 75);
  const picture = { id, rows, cols, tint: tint / 100 };
  const heads = Math.max(1, ...layers.map(({ numHeads }) => numHeads));
  const head = chosenIndex("head", heads + 1, 0);
  const place = chosenIndex("patch", rows * cols, -1);
  const patch = place < 0 || ofClass.value ? null : place;
  const pick = (next: number | null): void => {
    ofClass.value = false;
    choose({ patch: next });
  };
  const ratios = (layer: AttentionLayer, i: number): number[] => {
    const own = ofClass.value ? classToken[i] : undefined;
    const shares = attentionShares(own ?? layer, {
      ...(own === undefined && patch !== null && { patch }),
      ...(head > 0 && layer.numHeads > 1 && { head: head - 1 }),
    });
    return shares.map((share) => share * shares.length);
  };
  return (
    <>
      <Toolbar>
        {heads > 1 && (
          <Slider
            label="Head"
            value={head}
            max={heads}
            says={head === 0 ? "all heads" : `head ${head - 1}`}
            onChange={(value) => choose({ head: value })}
          />
        )}
        <TintSlider tint={tint} />
        {classToken.length > 0 && (
          <button
            type="button"
            class="button"
            aria-pressed={ofClass.value}
            onClick={() => {
              ofClass.value = !ofClass.value;
            }}
          >
            Class token
          </button>
        )}
      </Toolbar>
      <Scale />
      <GreyPicture id={id} image={image} />
      <p class="readout" role="status">
        {ofClass.value
          ? "Attention of the class token"
          : patch === null
            ? "Attention of all patches, averaged"
            : `Attention of the patch in ${placeName(patch, cols)}`}
        {head > 0 && `, head ${head - 1}`}.
      </p>
      <AttentionMaps
        picture={picture}
        layers={layers}
        ratiosOf={ratios}
        patch={patch}
        name={`${name}: attention`}
        onPatch={pick}
      />
      {fromWords !== undefined && (
        <AttentionFromWords fromWords={fromWords} picture={picture} head={head} />
      )}
      {text !== undefined && (
        <AttentionWords text={text} picture={picture} patch={patch} onPatch={pick} />
      )}
    </>
  );
}

/** Legend of the colours. */
function Scale() {
  return (
    <p class="scale">
      at most ¼ of the even share
      <span aria-hidden="true">
        {attentionColors().map(({ fill }) => (
          <i key={fill} style={{ background: fill }} />
        ))}
      </span>
      at least 4 times
    </p>
  );
}
