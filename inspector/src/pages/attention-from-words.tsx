/** Attention of caption words to image patches. */
import { useSignal } from "@preact/signals";
import { type AttentionLayer, attentionShares, type ImageAttention } from "moesaic/inspect";
import { AttentionMaps, type MapPicture } from "../components/attention-maps.tsx";

interface AttentionFromWordsProps {
  readonly fromWords: NonNullable<ImageAttention["fromWords"]>;
  readonly picture: MapPicture;
  /** Head number from 1; 0 is the mean of all heads. */
  readonly head: number;
}

export function AttentionFromWords(props: AttentionFromWordsProps) {
  const { fromWords, picture, head } = props;
  const { words, layers } = fromWords;
  const chosen = useSignal(0);
  const word = words[chosen.value]?.trim();
  if (word === undefined || layers.length === 0) return null;
  const ratiosOf = (layer: AttentionLayer): number[] => {
    const shares = attentionShares(layer, {
      patch: chosen.value,
      ...(head > 0 && head <= layer.numHeads && layer.numHeads > 1 && { head: head - 1 }),
    });
    return shares.map((share) => share * shares.length);
  };
  return (
    <section>
      <h2>Words</h2>
      <p class="lede">
        Attention of the decoder at a word, when it predicts the next one. Choose a word.
      </p>
      <p class="words">
        {words.map((each, i) => (
          <button
            key={i}
            type="button"
            class="word"
            aria-pressed={i === chosen.value}
            onClick={() => {
              chosen.value = i;
            }}
          >
            {each.trim() === "" ? "\u2423" : each.trim()}
          </button>
        ))}
      </p>
      <p class="readout" role="status">
        Where “{word}” looks.
      </p>
      <AttentionMaps
        picture={picture}
        layers={layers}
        ratiosOf={ratiosOf}
        patch={null}
        name={`Attention of ${word}`}
        onPatch={() => undefined}
      />
    </section>
  );
}
