/** Tables of classified texts. */
import type { TextPrediction } from "../../inspect/types/text.ts";
import { formatPercent } from "../format.ts";
import { type Html, html } from "../html.ts";
import { type Context, className } from "./section.ts";

const rowLimit = 20;
/** Maximum length of a displayed text. */
const characterLimit = 300;

/** Wrong texts, most confident first, and correct texts; null if there are none. */
export function drawTextPredictions(run: Context["run"]): Html | null {
  const predictions = run.textPredictions ?? [];
  if (predictions.length === 0) return null;
  const wrong = predictions
    .filter((p) => p.label !== p.predicted)
    .sort((a, b) => b.probability - a.probability);
  const right = predictions.filter((p) => p.label === p.predicted);
  return html`${drawTable(run, html`Wrong <small>The most confident mistakes first.</small>`, wrong)}
${drawTable(run, html`Right`, right)}`;
}

function drawTable(
  run: Context["run"],
  title: Html,
  predictions: readonly TextPrediction[],
): Html | null {
  if (predictions.length === 0) return null;
  return html`<h3 class="sub">${title}</h3>
<div class="card"><table class="texts"><thead><tr><th>text</th><th>true class</th><th>predicted</th><th class="number">probability</th></tr></thead><tbody>
${predictions.slice(0, rowLimit).map(({ text, label, predicted, probability }) => {
  const verdict = label === predicted ? "right" : "wrong";
  return html`<tr><td>${cut(text)}</td><td>${className(run, label)}</td><td class="${verdict}">${className(run, predicted)}</td><td class="number">${formatPercent(probability, 0)}</td></tr>`;
})}
</tbody></table></div>`;
}

function cut(text: string): string {
  const characters = Array.from(text);
  if (characters.length <= characterLimit) return text;
  return `${characters.slice(0, characterLimit - 1).join("")}\u2026`;
}
