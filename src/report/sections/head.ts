/** Summary sentence and key figures. */

import type { RunRecord } from "../../inspect/types/run-record.ts";
import type { LanguageUnits } from "../../inspect/types/text.ts";
import {
  formatCompact,
  formatCount,
  formatDuration,
  formatFigure,
  formatPercent,
} from "../format.ts";
import { type Html, html } from "../html.ts";
import { type Context, className } from "./section.ts";

interface Score {
  readonly split: "test" | "validation";
  readonly name: string;
  readonly value: number;
}

const lossNames = new Set(["loss", "cross_entropy"]);

/** The parts of a run that its scores depend on. */
export type ScoredRun = Pick<RunRecord, "summary" | "language" | "captions">;

/** Whether a run predicts tokens: language models, and captioners of any version. */
const predictsTokens = ({ language, captions }: Omit<ScoredRun, "summary">): boolean =>
  language !== undefined || captions !== undefined;

/**
 * The main score of a run: accuracy, else zero-shot accuracy, else any other score, else the loss.
 * For language models it is the loss.
 */
export function mainScore({ summary, language }: ScoredRun): Score | undefined {
  const scores = (["test", "validation"] as const).flatMap((split) =>
    Object.entries(summary[split] ?? {})
      .filter(([, value]) => Number.isFinite(value))
      .map(([name, value]) => ({ split, name, value })),
  );
  const loss = language && scores.find(({ name }) => name === "loss");
  return (
    loss ??
    scores.find((score) => score.name === "accuracy") ??
    scores.find((score) => score.name === "zero_shot_accuracy") ??
    scores.find((score) => !lossNames.has(score.name)) ??
    scores[0]
  );
}

/**
 * The summary sentence, such as "96.4 % test accuracy after 1,500 steps in 1 min 32 s; 4.5M
 * parameters, ..." or "A validation loss of 1.75 nats per token after ...".
 */
export function resultSentence(run: ScoredRun): string {
  const { summary } = run;
  const result = resultText(mainScore(run), run);
  const after =
    summary.steps === undefined
      ? ""
      : ` after ${formatCount(summary.steps)} ${summary.steps === 1 ? "step" : "steps"}`;
  const time =
    summary.train_seconds === undefined ? "" : ` in ${formatDuration(summary.train_seconds)}`;
  const { parameters } = summary;
  const size =
    parameters === undefined
      ? ""
      : `; ${formatCompact(parameters.total)} parameters, ${formatCompact(parameters.active)} active per token`;
  return `${result}${after}${time}${size}.`;
}

function resultText(score: Score | undefined, run: ScoredRun): string {
  if (score === undefined) return "No score was recorded";
  const { name, split, value } = score;
  const { language } = run;
  if (language === undefined || name !== "loss") {
    return `${scoreText(name, value)} ${split} ${scoreName(name, run)}`;
  }
  const perCharacter = lossPerCharacter(value, language);
  const also = perCharacter === undefined ? "" : ` (${formatFigure(perCharacter)} per character)`;
  return `A ${split} loss of ${formatFigure(value)} nats per token${also}`;
}

/** Loss per character; undefined if tokens are characters. */
function lossPerCharacter(loss: number, { charactersPerToken }: LanguageUnits): number | undefined {
  const differ = Math.abs(charactersPerToken - 1) > 0.001 && charactersPerToken > 0;
  return differ ? loss / charactersPerToken : undefined;
}

/** The header of the report. */
export function drawHead({ run }: Context): Html {
  const recipe = run.recipe === run.name ? null : html`, recipe <strong>${run.recipe}</strong>`;
  return html`<header>
<p class="eyebrow">Run <strong>${run.name}</strong>${recipe}</p>
<h1>${keepTogether(resultSentence(run))}</h1>
${drawFigures(run)}
${drawRouting(run)}
</header>`;
}

function drawRouting(run: Context["run"]): Html | null {
  if (run.routing === undefined || run.routing.length === 0) return null;
  const sizes = [...new Set(run.routing.map((entry) => entry.numExperts))].sort((a, b) => a - b);
  const layers = run.routing.length;
  return html`<p class="lede">${sizes.join(" or ")} experts in ${layers === 1 ? "one layer" : `each of ${layers} layers`}${
    run.classNames.length > 0 && run.classNames.length <= 12
      ? html`; classes: ${run.classNames.map((_, i) => className(run, i)).join(", ")}`
      : null
  }.</p>`;
}

interface Figure {
  readonly name: string;
  readonly value: string;
  readonly note?: string;
}

function drawFigures(run: Context["run"]): Html | null {
  const { summary, classNames, confusion, language } = run;
  const classes = classNames.length;
  const samples = totalOf(confusion);
  const figures: Figure[] = [];
  const add = (name: string, value: string | undefined, note?: string): void => {
    if (value !== undefined)
      figures.push(note === undefined ? { name, value } : { name, value, note });
  };
  for (const split of ["test", "validation"] as const) {
    for (const [name, value] of Object.entries(summary[split] ?? {}).slice(0, 4)) {
      const chance = name === "accuracy" && split === "test" && classes > 1 && !predictsTokens(run);
      if (language !== undefined && (name === "loss" || name === "accuracy")) {
        const also = name === "loss" ? lossPerCharacter(value, language) : undefined;
        const per = also === undefined ? "" : `; ${formatFigure(also)} per character`;
        const note = name === "loss" ? `nats per token${per}` : "most probable token is correct";
        add(`${split} ${scoreName(name, run)}`, scoreText(name, value), note);
        continue;
      }
      const spread = samples > 0 ? `\u00b1 ${formatPercent(halfInterval(value, samples))}, ` : "";
      add(
        `${split} ${scoreName(name, run)}`,
        scoreText(name, value),
        chance ? `${spread}chance ${formatPercent(1 / classes)}` : undefined,
      );
    }
  }
  const { parameters, steps, tokens_per_second: rate, train_seconds: time, seed } = summary;
  add("steps", steps === undefined ? undefined : formatCount(steps));
  add("training time", time === undefined ? undefined : formatDuration(time));
  add("tokens per second", rate === undefined ? undefined : formatCompact(rate));
  if (parameters !== undefined) {
    const share = formatPercent(parameters.active / parameters.total, 0);
    add("parameters", formatCompact(parameters.total));
    add("active per token", formatCompact(parameters.active), `${share} of all`);
  }
  add("seed", seed === undefined ? undefined : String(seed));
  if (figures.length === 0) return null;
  return html`<dl class="figures">${figures.map(
    ({ name, value, note }) =>
      html`<div><dt>${name}</dt><dd>${value}${note === undefined ? null : html`<small>${note}</small>`}</dd></div>`,
  )}</dl>`;
}

/** Uses non-breaking spaces between numbers and their units. */
function keepTogether(sentence: string): string {
  return sentence
    .replace(/(\d) (min|s|h|steps?)\b/g, "$1\u00a0$2")
    .replace(/\b(min|h) (\d)/g, "$1\u00a0$2");
}

/** Display name of a score, such as `zero shot accuracy` and `text to image R@5`. */
function scoreName(name: string, run: ScoredRun): string {
  if (name === "accuracy" && predictsTokens(run)) return "next-token accuracy";
  return name.replace(/_r(\d+)$/, " R@$1").replaceAll("_", " ");
}

function scoreText(name: string, value: number): string {
  const fraction = !name.endsWith("loss") && name !== "cross_entropy" && value >= 0 && value <= 1;
  return fraction ? formatPercent(value) : formatFigure(value);
}

/** Half the width of the 95 % interval of a proportion (normal approximation). */
function halfInterval(p: number, samples: number): number {
  return 1.96 * Math.sqrt(Math.max(0, p * (1 - p)) / samples);
}

function totalOf(confusion: readonly (readonly number[])[] | undefined): number {
  return confusion?.flat().reduce((sum, value) => sum + value, 0) ?? 0;
}
