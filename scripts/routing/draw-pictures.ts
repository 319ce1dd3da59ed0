/** The pictures of docs/routing.md: a table of gates, and the assignments of tokens to experts. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Decides } from "../../src/moe/routers/define.ts";
import { inkOn } from "../../src/report/color.ts";
import { type Html, html, raw } from "../../src/report/html.ts";
import { expertColors } from "../../src/report/palette.ts";
import { pageColors } from "../../src/report/theme.ts";
import { type Cell, examples, numExperts, numTokens, routeExample } from "./examples.ts";

const cell = { width: 58, height: 26 };
const table = { x: 96, y: 62 };
const ways = { from: 420, to: 600 };
const size = { width: 690, height: table.y + numTokens * cell.height + 22 };
const colors = expertColors(numExperts);

const heads: Readonly<Record<Decides, string>> = {
  tokens: "each token chooses along its row",
  experts: "each expert chooses down its column",
  all: "nobody chooses: everything is mixed",
  evenly: "every expert gets equally many",
  nobody: "a fixed map decides",
};

/** Draws every example into a folder, one file each. */
export async function drawPictures(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const example of examples) {
    const cells = await routeExample(example);
    writeFileSync(join(folder, `${example.id}.svg`), `${drawRouting(cells, example).html}\n`);
  }
}

export function drawRouting(
  cells: readonly (readonly Cell[])[],
  { id, decides }: { readonly id: string; readonly decides: Decides },
): Html {
  const { width, height } = size;
  const rows = cells.flatMap((row, token) => row.map((each, e) => drawCell(each, token, e)));
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${id}: ${heads[decides]}">
<style>${style()}</style>
<rect class="page" width="${width}" height="${height}" rx="8"/>
<text class="head" x="${table.x}" y="24">${heads[decides]}</text>
<text class="head" x="${ways.from}" y="24">what moves</text>
${labels(decides)}
${rows}
${drawWays(cells)}
</svg>`;
}

/** Colours for light and dark schemes; the picture has its own background, so it is legible on any page. */
function style(): Html {
  const rules = (scheme: "light" | "dark"): string => {
    const { surface, ink, muted, line, sunken, accent } = pageColors[scheme];
    return `.page{fill:${surface};stroke:${line}}text{fill:${ink}}.quiet{fill:${muted}}.cell{stroke:${surface};fill:${sunken}}.share{fill:${accent}}.box{stroke:${ink}}.mark{stroke:${ink};fill:none}.arrow{stroke:${muted}}`;
  };
  return raw(
    `text{font:12px system-ui,sans-serif}.head{font-weight:600}.middle{text-anchor:middle}.end{text-anchor:end}.lost{stroke-dasharray:4 4}.arrow{stroke-width:1.5;fill:none}${rules("light")}@media(prefers-color-scheme:dark){${rules("dark")}}`,
  );
}

function labels(decides: Decides): Html[] {
  const down = decides === "experts" || decides === "all";
  const along = decides === "tokens" || decides === "all";
  const experts = colors.map((color, e) => {
    const x = table.x + e * cell.width;
    return html`<rect x="${x + 3}" y="36" width="${cell.width - 6}" height="18" rx="4" fill="${color}"/>
<text class="middle" x="${x + cell.width / 2}" y="49" style="fill:${inkOn(color)}">${down ? "↓ E" : "expert "}${e}</text>`;
  });
  const tokens = Array.from({ length: numTokens }, (_, token) => {
    const y = middle(token) + 4;
    return html`<text class="end quiet" x="${table.x - 8}" y="${y}">token ${token + 1}${along ? " →" : ""}</text>`;
  });
  return [...experts, ...tokens];
}

/** The probability as a tint; a frame with the weight of a chosen expert, a dashed frame if it is full. */
function drawCell({ share, weight, dropped }: Cell, token: number, expert: number): Html {
  const [x, y] = [table.x + expert * cell.width, table.y + token * cell.height];
  const place = html`x="${x}" y="${y}" width="${cell.width}" height="${cell.height}"`;
  const inside = html`x="${x + 2}" y="${y + 2}" width="${cell.width - 4}" height="${cell.height - 4}" rx="4"`;
  const at = html`class="middle" x="${x + cell.width / 2}" y="${y + cell.height / 2 + 4}"`;
  const color = colors[expert]!;
  const mark =
    weight !== undefined
      ? html`<rect ${inside} fill="${color}"/><text ${at} style="fill:${inkOn(color)}">${weight.toFixed(2)}</text>`
      : dropped
        ? html`<rect class="mark lost" ${inside}/><text ${at}>full</text>`
        : null;
  return html`<rect class="cell" ${place}/><rect class="share" ${place} opacity="${(0.7 * share).toFixed(2)}"/>${mark}
`;
}

function drawWays(cells: readonly (readonly Cell[])[]): Html[] {
  const lines = cells.flatMap((row, token) =>
    row.map(({ weight, dropped }, expert) => {
      if (weight === undefined && !dropped) return null;
      const [y1, y2] = [middle(token), boxAt(expert)];
      const bend = (ways.from + ways.to) / 2;
      const path = `M${ways.from + 5} ${y1}C${bend} ${y1} ${bend} ${y2} ${ways.to} ${y2}`;
      return weight === undefined
        ? html`<path class="mark lost" d="${path}"/>`
        : html`<path d="${path}" fill="none" stroke="${colors[expert]!}" stroke-width="${(1 + 4 * weight).toFixed(1)}" opacity="0.85"/>`;
    }),
  );
  const tokens = cells.map(
    (_, token) => html`<circle class="box cell" cx="${ways.from}" cy="${middle(token)}" r="5"/>`,
  );
  const experts = colors.map((color, e) => {
    const count = cells.filter((row) => row[e]!.weight !== undefined).length;
    const y = boxAt(e);
    return html`<rect class="box" x="${ways.to}" y="${y - 17}" width="72" height="34" rx="5" fill="${color}"/>
<text class="middle" x="${ways.to + 36}" y="${y + 4}" style="fill:${inkOn(color)}">${count} ${count === 1 ? "token" : "tokens"}</text>`;
  });
  return [...lines, ...tokens, ...experts].map((part) => html`${part}\n`);
}

function middle(token: number): number {
  return table.y + (token + 0.5) * cell.height;
}

function boxAt(expert: number): number {
  return table.y + ((expert + 0.5) * numTokens * cell.height) / numExperts;
}
