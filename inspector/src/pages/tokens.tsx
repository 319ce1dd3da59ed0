/** Expert of every word or character, in every layer. */
import type { TokenTrace } from "moesaic/inspect";
import { Empty } from "../components/states.tsx";
import { TextExplorer } from "../components/text-explorer.tsx";
import { className, expertKinds } from "../data/pictures.ts";
import type { StoredRecord } from "../data/record.ts";
import { choose, chosenIndex } from "../route.ts";
import type { RecordPageProps } from "./record-page.ts";
import { Samples } from "./text-samples.tsx";

export function TokensPage({ record }: RecordPageProps) {
  const traces = (record.tokenTraces ?? []).filter(
    ({ layers, tokens }) => layers.length > 0 && tokens.length > 0,
  );
  const index = chosenIndex("text", traces.length, 0);
  const trace = traces[index];
  if (trace === undefined) {
    return <Empty>No text was recorded, because this model does not route text tokens.</Empty>;
  }
  return (
    <>
      <p class="lede">
        Every token has the colour of its expert, with the expert number below. A fainter tint means
        a smaller combine weight.
      </p>
      <label class="picker-line">
        <span>Text</span>
        <select
          class="field"
          value={index}
          onChange={(event) => choose({ text: event.currentTarget.value }, { keep: true })}
        >
          {traces.map((entry, i) => (
            <option key={i} value={i}>
              {`${i + 1}. ${beginning(entry)}`}
            </option>
          ))}
        </select>
      </label>
      <Verdict record={record} trace={trace} />
      <TextExplorer key={index} text={trace} kindsOf={(layer) => expertKinds(record, layer)} />
      <Samples record={record} />
    </>
  );
}

/** The true and predicted class of the text. */
function Verdict({ record, trace }: { readonly record: StoredRecord; readonly trace: TokenTrace }) {
  const { label, predicted } = trace;
  if (label === undefined) return null;
  const right = label === predicted;
  return (
    <p class="verdict">
      {className(record, label)}{" "}
      {predicted !== undefined && (
        <span class={right ? "right" : "wrong"}>
          {right ? "\u2713 correct" : `\u2717 predicted ${className(record, predicted)}`}
        </span>
      )}
    </p>
  );
}

/** Character and byte-pair tokens include their spaces; word tokens do not. */
function beginning({ tokens }: TokenTrace): string {
  const text = tokens.join(tokens.some((token) => /\s/.test(token)) ? "" : " ");
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > 90 ? `${line.slice(0, 89)}…` : line;
}
