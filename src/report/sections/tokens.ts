/** Tokens: expert of every token, text by text and layer by layer. */
import type { RecordedLayer } from "../../inspect/types/routed-layer.ts";
import type { TokenTrace } from "../../inspect/types/text.ts";
import { expertCounts } from "../expert-counts.ts";
import { type Html, html, raw } from "../html.ts";
import { expertLegend, routingControls } from "./routing/controls.ts";
import { type Context, className, mostExperts, type Section } from "./section.ts";

/** Maximum number of tokens in a report, over all layers; the first text is always shown. */
const tokenLimit = 12_000;
/** Tokens with a combine weight below these are tinted fainter. */
const weightLevels = [0.25, 0.5] as const;

export const tokensSection: Section = {
  id: "tokens",
  title: "Tokens",
  draw: ({ run }) => {
    const traces = withinLimit(run.tokenTraces ?? []);
    if (traces.length === 0) return null;
    const layers = [...new Set(traces.flatMap((trace) => trace.layers.map(({ layer }) => layer)))];
    const choices = traces.flatMap((trace) => trace.layers.map(({ ids }) => ids[0]!));
    return html`<p class="lede">Each text with one row per layer: every token has the colour of its first-choice expert,
with its number below. A fainter tint means a smaller combine weight; dashed tokens were dropped.</p>
${routingControls(layers, html`<span class="hint">Click an expert to see only its tokens.</span>`)}
${expertLegend(mostExperts(run), choices, "tokens")}
<div class="${layers.length === 1 ? "grid two" : "stack"}">
${traces.map((trace) => drawTrace(run, trace))}
</div>`;
  },
};

/** Texts with layers, starting with the first, within the size limit. */
function withinLimit(traces: readonly TokenTrace[]): TokenTrace[] {
  const drawn = traces.filter(({ layers, tokens }) => layers.length > 0 && tokens.length > 0);
  let total = 0;
  return drawn.filter(({ layers, tokens }, i) => {
    total += layers.length * tokens.length;
    return i === 0 || total <= tokenLimit;
  });
}

function drawTrace(run: Context["run"], trace: TokenTrace): Html {
  const { tokens, layers } = trace;
  return html`<figure class="card sample">
<figcaption>${drawVerdict(run, trace)}</figcaption>
<div class="passages">
${layers.map(
  (layer) =>
    html`<div class="tile" data-layer="${layer.layer}">${drawLayer(tokens, layer)}<span>${layer.layer}</span></div>`,
)}
</div>
</figure>${raw("\n")}`;
}

/** The text, with its true and predicted class. */
function drawVerdict(run: Context["run"], { tokens, label, predicted }: TokenTrace): Html {
  // Character and byte-pair tokens include their spaces; word tokens do not.
  const text = tokens.join(tokens.some((token) => /\s/.test(token)) ? "" : " ");
  const body = html`<span class="passage">${text}</span>`;
  if (label === undefined) return body;
  const right = label === predicted;
  const verdict =
    predicted === undefined
      ? null
      : html` <span class="${right ? "right" : "wrong"}"><span aria-hidden="true">${right ? "\u2713" : "\u2717"}</span> ${right ? "correct" : html`predicted ${className(run, predicted)}`}</span>`;
  return html`<strong>${className(run, label)}</strong>${verdict}<br>${body}`;
}

function drawLayer(tokens: readonly string[], layer: RecordedLayer): Html {
  return html`<div class="tokens" role="img" aria-label="${expertCounts("tokens", layer, layer.ids[0]!)}">${tokens.map(
    (token, i) => html`${drawToken(token, layer, i)}${endsLine(tokens, i) ? raw("<br>") : null}`,
  )}</div>`;
}

function drawToken(token: string, layer: RecordedLayer, i: number): Html {
  const { ids, combineWeights, numExperts } = layer;
  const expert = ids[0]?.[i] ?? -1;
  const shown = visible(token);
  if (!(expert >= 0 && expert < numExperts)) {
    return html`<i class="dropped">${shown}<b>\u2013</b></i>`;
  }
  const weight = combineWeights?.[0]?.[i] ?? 1;
  const level = weight >= weightLevels[1] ? null : weight >= weightLevels[0] ? "g1" : "g0";
  const faint = level === null ? null : html` class="${level}"`;
  return html`<i data-expert="${expert}"${faint}>${shown}<b>${expert}</b></i>`;
}

/** Empty lines have no height. */
function endsLine(tokens: readonly string[], i: number): boolean {
  return tokens[i]!.endsWith("\n") && tokens[i + 1]?.startsWith("\n") === false;
}

/** Shows white space as symbols if a token has no other characters or ends a line. */
function visible(token: string): string {
  const marked = token.replaceAll("\n", "\u21b5").replaceAll("\t", "\u21e5");
  return marked.trim() === "" ? marked.replaceAll(" ", "\u2423") : marked;
}
