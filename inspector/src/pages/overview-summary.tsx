/** Key figures of a run. */
import type { RunView } from "moesaic/inspect";
import {
  formatCompact,
  formatCount,
  formatDuration,
  formatFigure,
  formatPercent,
} from "moesaic/report/browser";
import { titleOf, unitOf } from "../data/curve-groups.ts";

/** Maximum number of scores; the curves show the rest. */
const mostScores = 4;
const secondary = /loss|perplexity|violation|seconds/;
/** Partial losses, and metrics of single experts or domains. */
const details = /\/(objective$|auxiliary\/|experts\/|associations?\/|env_)/;

export function Summary({ view }: { readonly view: RunView }) {
  const { parameters, summary, step, seconds, seed, recipe, system, scores } = view;
  const speed = summary.tokens_per_second;
  return (
    <>
      <p class="lede">
        Recipe <b>{recipe}</b>, system <b>{system}</b>
        {seed !== null && `, seed ${seed}`}.
      </p>
      <dl class="figures">
        {mainScores(scores).map(([name, value]) => {
          const [split = "", metric = ""] = splitName(name);
          return (
            <div key={name}>
              <dt>{titleOf(metric)}</dt>
              <dd>
                {unitOf(metric) === "percent" ? formatPercent(value) : formatFigure(value)}
                <small>{split}</small>
              </dd>
            </div>
          );
        })}
        <div>
          <dt>Step</dt>
          <dd>
            {formatCount(step)}
            <small>{formatDuration(seconds)}</small>
          </dd>
        </div>
        {parameters !== null && (
          <div>
            <dt>Parameters</dt>
            <dd>
              {formatCompact(parameters.total)}
              <small>{formatCompact(parameters.active)} active per token</small>
            </dd>
          </div>
        )}
        {speed !== undefined && (
          <div>
            <dt>Speed</dt>
            <dd>
              {formatCompact(speed)}
              <small>tokens per second</small>
            </dd>
          </div>
        )}
      </dl>
    </>
  );
}

/** Test scores if there are any, else validation scores; main scores first. */
export function mainScores(scores: RunView["scores"]): [string, number][] {
  const all = Object.entries(scores).filter(([name]) => !details.test(name));
  const tested = all.filter(([name]) => name.startsWith("test/"));
  const shown = tested.length > 0 ? tested : all;
  const rank = ([name]: [string, number]): number =>
    /\/(accuracy|next_token_accuracy|zero_shot_accuracy|exact_match)$/.test(name)
      ? 0
      : secondary.test(name)
        ? 2
        : 1;
  return shown.sort((a, b) => rank(a) - rank(b)).slice(0, mostScores);
}

function splitName(name: string): [string, string] {
  const at = name.indexOf("/");
  return [name.slice(0, at), name.slice(at + 1)];
}
