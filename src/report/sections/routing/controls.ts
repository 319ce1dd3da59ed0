/** Shared controls of the mosaic and token sections: layer slider and expert legend. */
import { inkOn } from "../../color.ts";
import { formatPercent } from "../../format.ts";
import { type Html, html, type Part } from "../../html.ts";
import { expertColors } from "../../palette.ts";

/**
 * A slider over layers, if there are several, and further controls; the script makes them visible.
 */
export function routingControls(layers: readonly string[], others: Part): Html {
  return html`<div class="controls" hidden>
${
  layers.length > 1
    ? html`<label>Layer <input type="range" data-control="layer" min="0" max="${layers.length}" value="0" step="1" data-layers="${JSON.stringify(layers)}"><output>all layers</output></label>`
    : null
}
${others}
</div>`;
}

/**
 * Buttons that highlight the tokens of one expert, each with its share of all first choices.
 *
 * @param unit name of the tokens, plural
 * @param choices first choices; ids outside 0 to `numExperts - 1` mean dropped
 */
export function expertLegend(
  numExperts: number,
  choices: Iterable<ArrayLike<number>>,
  unit: string,
): Html {
  const counts = new Float64Array(numExperts);
  let total = 0;
  for (const experts of choices) {
    for (const expert of Array.from(experts)) {
      if (expert < counts.length) counts[expert] = counts[expert]! + 1;
      total += 1;
    }
  }
  return html`<div class="legend experts" role="group" aria-label="Experts, with their share of the ${unit} below">
${expertColors(numExperts).map((color, expert) => {
  const share = counts[expert]! / total;
  return html`<button type="button" class="expert" data-focus="${expert}" aria-pressed="false" title="expert ${expert}: ${formatPercent(share)} of the ${unit} below"><span class="swatch" style="background:${color};color:${inkOn(color)}">${expert}</span><span class="share">${formatPercent(share, 0)}</span></button>`;
})}
</div>`;
}
