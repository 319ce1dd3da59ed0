/** The patches that the words of a caption look at. */
import { useSignal } from "@preact/signals";
import { attentionShares, type ImageAttention } from "moesaic/inspect";
import { AttentionMap } from "../components/attention-map.tsx";

interface AttentionFromWordsProps {
  readonly fromWords: NonNullable<ImageAttention["fromWords"]>;
  readonly id: string;
  readonly rows: number;
  readonly cols: number;
  readonly tint: number;
  /** 0 is the mean of all. */
  readonly head: number;
}

export function AttentionFromWords(props: AttentionFromWordsProps) {
  const { fromWords, id, rows, cols, tint, head } = props;
  const { words, layers } = fromWords;
  const chosen = useSignal(0);
  const word = words[chosen.value]?.trim();
  if (word === undefined || layers.length === 0) return null;
  return (
    <section>
      <h2>Words</h2>
      <p class="lede">
        Where the decoder looks when it has read a word and writes the next one. Choose a word.
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
      <div class="maps" style={{ "--tint": tint }}>
        {layers.map((layer) => {
          const shares = attentionShares(layer, {
            patch: chosen.value,
            ...(head > 0 && head <= layer.numHeads && layer.numHeads > 1 && { head: head - 1 }),
          });
          return (
            <AttentionMap
              key={layer.layer}
              id={id}
              rows={rows}
              cols={cols}
              ratios={shares.map((share) => share * shares.length)}
              patch={null}
              title={layer.layer}
              name={`Patches that ${word} looks at in ${layer.layer}`}
              onPatch={() => undefined}
            />
          );
        })}
      </div>
    </section>
  );
}
