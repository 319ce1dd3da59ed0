/** Where patches look, head by head and layer by layer, and which words they read. */
import { useSignal } from "@preact/signals";
import {
  type AttentionLayer,
  attentionShares,
  attentionToKey,
  type ImageAttention,
  type Mosaic,
} from "moesaic/inspect";
import { attentionColors } from "moesaic/report/browser";
import { useId } from "preact/hooks";
import { AttentionMap } from "../components/attention-map.tsx";
import { Slider, Toolbar } from "../components/controls.tsx";
import { GreyPicture } from "../components/grey-picture.tsx";
import { placeName } from "../components/patch-grid.ts";
import { TintSlider } from "../components/routing-controls.tsx";
import { Empty } from "../components/states.tsx";
import { Thumbnails } from "../components/thumbnails.tsx";
import { watchedImages } from "../data/pictures.ts";
import { choose, chosenIndex } from "../route.ts";
import { AttentionFromWords } from "./attention-from-words.tsx";
import { AttentionWords } from "./attention-words.tsx";
import type { RecordPageProps } from "./run-page.tsx";

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
        No attention was recorded: either no patches look at each other in this model, or an image
        has too many of them.
      </Empty>
    );
  }
  return (
    <>
      <p class="lede">
        How much attention each patch receives, as a multiple of the even share. Choose a patch to
        see where it looks.
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
          ? "Where the class token looks"
          : patch === null
            ? "Where all patches look, on average"
            : `Where the patch in ${placeName(patch, cols)} looks`}
        {head > 0 && `, head ${head - 1}`}.
      </p>
      <div class="maps" style={{ "--tint": tint / 100 }}>
        {layers.map((layer, i) => (
          <AttentionMap
            key={layer.layer}
            id={id}
            rows={rows}
            cols={cols}
            ratios={ratios(layer, i)}
            patch={patch}
            title={layer.layer}
            name={`${name}: attention in ${layer.layer}`}
            onPatch={pick}
          />
        ))}
      </div>
      {fromWords !== undefined && (
        <AttentionFromWords
          fromWords={fromWords}
          id={id}
          rows={rows}
          cols={cols}
          tint={tint / 100}
          head={head}
        />
      )}
      {text !== undefined && (
        <AttentionWords
          text={text}
          patch={patch}
          id={id}
          rows={rows}
          cols={cols}
          tint={tint / 100}
          onPatch={pick}
          sharesOf={(layer, key) =>
            attentionToKey(layer, key).map((share) => share * layer.numKeys)
          }
        />
      )}
    </>
  );
}

/** What the colours mean. */
function Scale() {
  return (
    <p class="scale">
      ¼ of the even share or less
      <span aria-hidden="true">
        {attentionColors().map(({ fill }) => (
          <i key={fill} style={{ background: fill }} />
        ))}
      </span>
      4 times or more
    </p>
  );
}
