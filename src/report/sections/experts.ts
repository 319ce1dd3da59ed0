/** How the experts of each layer share the work. */

import type { LayerRouting } from "../../inspect/types.ts";
import { classMapChart } from "../charts/class-map.ts";
import { loadBarsChart } from "../charts/load-bars.ts";
import { loadMapChart } from "../charts/load-map.ts";
import { deadBelow, loadStatus, overloadedAbove, statusSign } from "../charts/load-status.ts";
import { type Html, html } from "../html.ts";
import { responsive } from "../svg.ts";
import { chartGrid } from "./chart-grid.ts";
import { figure, type Section } from "./section.ts";

export const expertsSection: Section = {
  id: "experts",
  title: "Experts",
  draw: ({ run, document }) => {
    const routing = (run.routing ?? []).filter((entry) => entry.load.length > 0);
    if (routing.length === 0) return null;
    const map = responsive(
      (at) =>
        loadMapChart(routing, {
          document,
          width: at,
          label: "Expert load of each layer as multiples of the even share",
        }),
      1140,
    );
    const bars = routing.map((entry) => ({
      title: entry.layer,
      draw: (width: number) =>
        loadBarsChart(entry, { document, width, label: `Expert load of ${entry.layer}` }),
      note: verdict(entry),
    }));
    const classes = routing.filter((entry) => (entry.byClass?.length ?? 0) > 0);
    return html`<p class="lede">An even router gives each of E experts 1/E of all assignments.
<b>${statusSign.dead} dead</b>: less than ${deadBelow} times that; <b>${statusSign.overloaded} overloaded</b>: more than ${overloadedAbove} times.</p>
${figure("Load by layer, as a multiple of the even share", map)}
<h3 class="sub">Share of assignments <small>dashed: the even share</small></h3>
${chartGrid(bars)}
${
  classes.length === 0
    ? null
    : html`<h3 class="sub">Which classes go to which experts <small>percent of the assignments of each class</small></h3>
${chartGrid(
  classes.map((entry) => ({
    title: entry.layer,
    draw: (width: number) =>
      classMapChart(entry.byClass!, run.classNames, {
        document,
        width,
        label: `Experts by class in ${entry.layer}`,
      }),
  })),
)}`
}`;
  },
};

function verdict({ load, numExperts }: LayerRouting): Html | string {
  const list = (status: "dead" | "overloaded"): string =>
    load
      .flatMap((share, e) => (loadStatus(share, numExperts) === status ? [String(e)] : []))
      .join(", ");
  const dead = list("dead");
  const over = list("overloaded");
  if (dead === "" && over === "") return "No expert is dead or overloaded.";
  return html`${dead === "" ? null : html`<b class="warning">${statusSign.dead} Dead: ${dead}.</b> `}${
    over === "" ? null : html`<b class="warning">${statusSign.overloaded} Overloaded: ${over}.</b>`
  }`;
}
