/** The words that patches read, and the patches that read a word. */
import { useSignal } from "@preact/signals";
import { type AttentionLayer, attentionShares, type ImageAttention } from "moesaic/inspect";
import { attentionLevel } from "moesaic/report/browser";
import { AttentionMap } from "../components/attention-map.tsx";

interface AttentionWordsProps {
  readonly text: NonNullable<ImageAttention["text"]>;
  readonly patch: number | null;
  readonly id: string;
  readonly rows: number;
  readonly cols: number;
  readonly tint: number;
  readonly onPatch: (patch: number | null) => void;
  /** How much each patch reads a word, as a multiple of the even share. */
  readonly sharesOf: (layer: AttentionLayer, key: number) => number[];
}

export function AttentionWords(props: AttentionWordsProps) {
  const { text, patch, id, rows, cols, tint, onPatch, sharesOf } = props;
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
        Words are coloured by how much {patch === null ? "the patches read" : "the patch reads"}{" "}
        them. Choose a word to see which patches do.
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
        Patches that read “{flat[word.value]!.trim()}”.
      </p>
      <div class="maps" style={{ "--tint": tint }}>
        {layers.map((layer) => (
          <AttentionMap
            key={layer.layer}
            id={id}
            rows={rows}
            cols={cols}
            ratios={sharesOf(layer, word.value)}
            patch={patch}
            title={layer.layer}
            name={`Patches that read ${flat[word.value]!.trim()} in ${layer.layer}`}
            onPatch={onPatch}
          />
        ))}
      </div>
    </section>
  );
}
