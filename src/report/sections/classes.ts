/** Confusion matrix and sample predictions. */

import type { Prediction } from "../../inspect/types/image.ts";
import { confusionChart } from "../charts/confusion.ts";
import { formatCount, formatPercent } from "../format.ts";
import { type Html, html } from "../html.ts";
import { responsive } from "../svg.ts";
import { type Context, className, figure, predictionFigure, type Section } from "./section.ts";
import { drawTextPredictions } from "./text-predictions.ts";

const predictionLimit = 12;
const barLimit = 3;
/** Maximum number of prompts shown per class. */
const promptLimit = 3;

export const confusionSection: Section = {
  id: "confusion",
  title: "Confusion",
  draw: ({ run, document }) => {
    const { confusion, classNames } = run;
    if (confusion === undefined || confusion.length === 0) return null;
    const label = `Confusion matrix of ${confusion.length} classes`;
    const chart = responsive(
      (width) => confusionChart(confusion, classNames, { document, width, label }),
      620,
    );
    return html`<div class="beside">${figure("Predictions for each true class, in percent", chart, "Rows add up to 100. Hover over a cell for the counts.")}
${drawMistakes(run, confusion)}</div>
${drawPrompts(run)}`;
  },
};

/** The prompts of each class, if images are classified by text. */
function drawPrompts(run: Context["run"]): Html | null {
  const { classPrompts = [] } = run;
  if (classPrompts.length === 0) return null;
  return html`<details class="card prompts"><summary>Prompts of the ${classPrompts.length} classes</summary>
<p class="lede">An image is assigned to the class with the highest cosine to the mean of its prompt embeddings.</p>
<table><tbody>
${classPrompts.map((prompts, i) => {
  const more = prompts.length - promptLimit;
  return html`<tr><th>${className(run, i)}</th><td>${prompts.slice(0, promptLimit).join("; ")}${more > 0 ? `; and ${formatCount(more)} more` : ""}</td></tr>`;
})}
</tbody></table></details>`;
}

/** The most frequently confused pairs of classes, and the accuracy of each class. */
function drawMistakes(run: Context["run"], confusion: readonly (readonly number[])[]): Html {
  const totals = confusion.map((row) => row.reduce((sum, value) => sum + value, 0));
  const pairs = confusion
    .flatMap((row, actual) => row.map((value, predicted) => ({ actual, predicted, value })))
    .filter((pair) => pair.actual !== pair.predicted && pair.value > 0)
    .sort((a, b) => b.value - a.value)
    .slice(0, 8);
  const classes = confusion
    .map((row, i) => ({ i, recall: totals[i]! > 0 ? row[i]! / totals[i]! : Number.NaN }))
    .filter(({ recall }) => Number.isFinite(recall))
    .sort((a, b) => a.recall - b.recall)
    .slice(0, 8);
  const unit = run.textPredictions !== undefined ? "texts" : "images";
  return html`<div class="stack">
<div class="card"><h3>Hardest classes</h3>
<table><thead><tr><th>true class</th><th class="number">${unit}</th><th class="number">correct</th></tr></thead><tbody>
${classes.map(({ i, recall }) => html`<tr><td>${className(run, i)}</td><td class="number">${formatCount(totals[i]!)}</td><td class="number">${formatPercent(recall)}</td></tr>`)}
</tbody></table></div>
<div class="card"><h3>Most frequent mistakes</h3>
${
  pairs.length === 0
    ? html`<p class="lede">None.</p>`
    : html`<table><thead><tr><th>true class</th><th>predicted</th><th class="number">${unit}</th></tr></thead><tbody>
${pairs.map(({ actual, predicted, value }) => html`<tr><td>${className(run, actual)}</td><td>${className(run, predicted)}</td><td class="number">${formatCount(value)}</td></tr>`)}
</tbody></table>`
}</div>
</div>`;
}

export const predictionsSection: Section = {
  id: "predictions",
  title: "Predictions",
  draw: ({ run }) => {
    const predictions = run.predictions ?? [];
    if (predictions.length === 0) return drawTextPredictions(run);
    const confidence = (p: Prediction): number => p.probabilities[p.predicted] ?? 0;
    const wrong = predictions
      .filter((p) => p.label !== p.predicted)
      .sort((a, b) => confidence(b) - confidence(a))
      .slice(0, predictionLimit);
    const right = predictions.filter((p) => p.label === p.predicted).slice(0, predictionLimit);
    return html`${drawGroup(run, "Wrong", "The most confident mistakes first.", wrong)}
${drawGroup(run, "Right", "", right)}`;
  },
};

function drawGroup(
  run: Context["run"],
  title: string,
  note: string,
  predictions: readonly Prediction[],
): Html | null {
  if (predictions.length === 0) return null;
  return html`<h3 class="sub">${title}${note === "" ? null : html` <small>${note}</small>`}</h3>
<div class="predictions">${predictions.map((prediction) => drawPrediction(run, prediction))}</div>`;
}

function drawPrediction(run: Context["run"], prediction: Prediction): Html {
  const { label, predicted, probabilities, image } = prediction;
  const order = probabilities
    .map((p, i) => ({ p: Number.isFinite(p) ? Math.min(1, Math.max(0, p)) : 0, i }))
    .sort((a, b) => b.p - a.p);
  const top = order.slice(0, barLimit);
  const truth = order.find((entry) => entry.i === label);
  if (truth !== undefined && !top.includes(truth)) top.splice(barLimit - 1, 1, truth);
  const right = label === predicted;
  const name = className(run, label);
  return predictionFigure(
    image,
    `image of class ${name}`,
    html`<p class="verdict ${right ? "right" : "wrong"}"><span aria-hidden="true">${right ? "\u2713" : "\u2717"}</span> ${className(run, predicted)}</p>
${right ? null : html`<p class="truth">true: ${name}</p>`}
<ul class="bars">${top.map(
      ({ p, i }) =>
        html`<li class="${i === label ? "true" : i === predicted ? "taken" : ""}"><span>${className(run, i)}</span><b>${formatPercent(p, 0)}</b><i style="width:${(p * 100).toFixed(1)}%"></i></li>`,
    )}</ul>`,
  );
}
