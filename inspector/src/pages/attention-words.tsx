/** Attention of patches to words, in both directions of selection. */
import { useSignal } from "@preact/signals";
import { attentionShares, attentionToKey, type ImageAttention } from "moesaic/inspect";
import { attentionLevel } from "moesaic/report/browser";
import { AttentionMaps, type MapPicture } from "../components/attention-maps.tsx";

interface AttentionWordsProps {
  readonly text: NonNullable<ImageAttention["text"]>;
  readonly patch: number | null;
  readonly picture: MapPicture;
  readonly onPatch: (patch: number | null) => void;
}

export function AttentionWords(props: AttentionWordsProps) {
  const { text, patch, picture, onPatch } = props;
  const { words, layers } = text;
  const flat = words.flat();
  const word = useSignal(0);
  if (flat.length === 0 || layers.length === 0) return null;
  const read = flat.map(() => 0);
  for (const layer of layers) {
    const shares = attentionShares(layer, patch === null ? {} : { patch });
    for (const [i, share] of shares.entries()) read[i]! += share / layers.length;
  }
  const starts = words.map((_, line) => words.slice(0, line).flat().length);
  return (
    <section>
      <h2>Words</h2>
      <p class="lede">
        Words are coloured by the attention that{" "}
        {patch === null ? "the patches pay" : "the patch pays"} to them. Choose a word to see the
        attention of each patch to it.
      </p>
      {words.map((line, l) => (
        <p key={l} class="words">
          {line.map((each, w) => {
            const i = starts[l]! + w;
            return (
              <button
                key={i}
                type="button"
                class={`word a${attentionLevel(read[i]! * flat.length)}`}
                aria-pressed={i === word.value}
                onClick={() => {
                  word.value = i;
                }}
              >
                {each.trim() === "" ? "\u2423" : each.trim()}
              </button>
            );
          })}
        </p>
      ))}
      <p class="readout" role="status">
        Attention of the patches to “{flat[word.value]!.trim()}”.
      </p>
      <AttentionMaps
        picture={picture}
        layers={layers}
        ratiosOf={(layer) =>
          attentionToKey(layer, word.value).map((share) => share * layer.numKeys)
        }
        patch={patch}
        name={`Attention of the patches to ${flat[word.value]!.trim()}`}
        onPatch={onPatch}
      />
    </section>
  );
}
