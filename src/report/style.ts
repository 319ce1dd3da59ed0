/** The report's style sheet. */

import { attentionColors } from "./charts/attention.ts";
import { inkOn } from "./color.ts";
import { expertColors } from "./palette.ts";
import { themeVariables } from "./theme.ts";

/** Expert colours as CSS variables for elements with `data-expert`. */
export function expertStyle(numExperts: number): string {
  return expertColors(numExperts)
    .map(
      (color, e) => `[data-expert="${e}"] { --expert: ${color}; --expert-ink: ${inkOn(color)}; }`,
    )
    .join("\n");
}

/** Attention colours, identical on light and dark pages. */
function attentionStyle(): string {
  return attentionColors()
    .map(({ fill, ink }, i) => `.a${i} { fill: ${fill}; background: ${fill}; color: ${ink}; }`)
    .join("\n");
}

/** CSS of the page and of the charts in it, for both colour schemes. */
export function style(): string {
  return `
:root { ${themeVariables("light")} }
@media (prefers-color-scheme: dark) { :root { ${themeVariables("dark")} } }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
html { scroll-behavior: smooth; scroll-padding-top: 24px; -webkit-text-size-adjust: 100%; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body { margin: 0; background: var(--page); color: var(--ink); overflow-wrap: anywhere;
  font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", sans-serif; }
main { max-width: 1240px; margin: 0 auto; padding: 40px 24px 80px; }
h1, h2, h3, p, figure, dl, dd, ul { margin: 0; padding: 0; }
h1 { font-size: clamp(23px, 3.1vw, 36px); line-height: 1.2; letter-spacing: -0.02em; font-weight: 650; max-width: 31em; text-wrap: balance; }
h2 { font-size: 24px; letter-spacing: -0.015em; line-height: 1.25; font-weight: 650; margin-bottom: 6px; }
h3 { font-size: 15px; font-weight: 600; line-height: 1.4; }
h3 small { font-weight: 400; color: var(--muted); font-size: 13px; margin-left: 4px; }
h3.sub { font-size: 17px; margin: 32px 0 10px; }
section { padding-top: 56px; }
.eyebrow { color: var(--muted); margin-bottom: 10px; }
.eyebrow strong { color: var(--ink); font-weight: 600; }
.lede { color: var(--muted); max-width: 72ch; margin-bottom: 16px; }
header .lede { margin: 16px 0 0; max-width: 100ch; }
.lede b { color: var(--ink); font-weight: 600; }
.warning { color: var(--warning); }
.card { background: var(--surface); border: 1px solid var(--line); border-radius: 10px; padding: 16px; min-width: 0; }
.card > h3 { margin-bottom: 8px; }
.card > figcaption { color: var(--muted); font-size: 13px; margin-top: 8px; }
.grid { display: grid; gap: 16px; grid-template-columns: repeat(auto-fill, minmax(min(340px, 100%), 1fr)); }
.grid.two { grid-template-columns: repeat(2, minmax(0, 1fr)); }
.grid + .grid { margin-top: 16px; }
nav { position: sticky; top: 0; z-index: 2; display: flex; gap: 4px 22px; margin: 28px -24px 0; padding: 10px 24px; overflow-x: auto; scrollbar-width: none;
  background: var(--page); border-bottom: 1px solid var(--line); }
nav a { color: var(--muted); text-decoration: none; padding: 4px 0; white-space: nowrap; font-size: 14px; }
nav a:hover { color: var(--ink); }
a:focus-visible, button:focus-visible, input:focus-visible, summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px; border-radius: 4px; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(200px, 1fr)); gap: 1px; margin-top: 28px;
  background: var(--surface); border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
.figures > div { background: var(--surface); padding: 14px 16px; box-shadow: 0 0 0 1px var(--line); }
.figures dt { color: var(--muted); font-size: 13px; }
.figures dd { font-size: 22px; font-weight: 600; letter-spacing: -0.01em; line-height: 1.3; font-variant-numeric: tabular-nums; }
.figures small { display: block; color: var(--muted); font-size: 12px; font-weight: 400; letter-spacing: 0; line-height: 1.5; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 14px; list-style: none; font-size: 13px; color: var(--muted); margin-bottom: 4px; }
.legend b { color: var(--ink); font-weight: 600; font-variant-numeric: tabular-nums; }
.legend .line { display: inline-block; width: 16px; height: 3px; border-radius: 2px; margin-right: 6px; vertical-align: 4px; }
.legend.experts { gap: 6px; margin: 12px 0 16px; }
ul.legend.experts { gap: 4px 12px; margin: 0 0 12px; font-variant-numeric: tabular-nums; }
.swatch { display: inline-grid; place-items: center; min-width: 24px; height: 24px; padding: 0 4px; border-radius: 5px; font-weight: 700; font-size: 13px; box-shadow: inset 0 0 0 1px rgb(0 0 0 / .25); }
.swatch.small { min-width: 12px; height: 12px; border-radius: 3px; padding: 0; margin-right: 5px; vertical-align: -1px; }
.expert { font: inherit; font-size: 13px; color: var(--muted); background: var(--surface); border: 1px solid var(--line); border-radius: 8px; padding: 3px 9px 3px 4px;
  display: inline-flex; gap: 7px; align-items: center; cursor: pointer; font-variant-numeric: tabular-nums; min-height: 32px; }
.expert:hover { border-color: var(--muted); color: var(--ink); }
.expert[aria-pressed="true"] { border-color: var(--ink); color: var(--ink); box-shadow: 0 0 0 1px var(--ink); }
.controls { display: flex; flex-wrap: wrap; gap: 8px 28px; align-items: center; font-size: 14px; color: var(--muted); }
.controls label { display: inline-flex; gap: 10px; align-items: center; }
.controls input { width: 150px; accent-color: var(--accent); }
.controls output { color: var(--ink); min-width: 6.5em; font-variant-numeric: tabular-nums; }
.mosaics { display: grid; gap: 16px; grid-template-columns: repeat(auto-fill, minmax(min(100%, max(280px, var(--tiles) * 112px)), 1fr)); }
.mosaics.lead > .sample:first-child { grid-column: 1 / -1; }
.sample > figcaption { margin: 0 0 10px; font-size: 14px; }
.sample figcaption strong { color: var(--ink); font-weight: 600; margin-right: 4px; }
.tiles { display: grid; gap: 10px; grid-template-columns: repeat(var(--tiles), minmax(0, 1fr)); }
.tile { font-size: 12px; color: var(--muted); text-align: center; line-height: 1.3; min-width: 0; }
.tile > span { display: block; margin-top: 5px; }
.mosaic { display: block; width: 100%; height: auto; border-radius: 4px; }
.mosaic text { font-family: inherit; pointer-events: none; }
.mosaic [data-expert] { cursor: pointer; }
.tint path { transition: opacity .12s; }
.focused .tint path:not(.on) { opacity: 0.04; }
.focused .numbers text:not(.on) { opacity: 0; }
.one-layer .mosaics.lead > .sample:first-child { grid-column: auto; }
.one-layer .mosaics { grid-template-columns: repeat(auto-fill, minmax(min(100%, 360px), 1fr)); }
.one-layer .tiles { grid-template-columns: 1fr 1fr; }
${attentionStyle()}
.heat { opacity: var(--tint, .75); }
.from { fill: none; vector-effect: non-scaling-stroke; }
.from.halo { stroke: #000; stroke-width: 4.5; }
.from.line { stroke: #fff; stroke-width: 2; }
.looks [data-weights] svg, .picker svg[tabindex] { cursor: crosshair; }
.picker svg:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px; }
.looks output { display: block; color: var(--muted); font-size: 13px; margin-top: 8px; }
.looks .tile output { margin: 0; text-align: left; }
.looks output + .words { margin-top: 16px; }
.words { margin-bottom: 10px; line-height: 1.9; }
.word, .class-token { font: inherit; font-size: 13px; line-height: 1.4; border: 1px solid var(--line); border-radius: 4px; padding: 1px 5px; margin: 0 3px 0 0; cursor: pointer; min-height: 24px; }
.word[aria-pressed="true"], .class-token[aria-pressed="true"] { outline: 2px solid var(--ink); outline-offset: 1px; }
.scale { display: inline-flex; align-items: center; gap: 8px; font-size: 13px; color: var(--muted); margin: 8px 0 16px; flex-wrap: wrap; }
.scale i { display: inline-block; width: 12px; height: 14px; }
.scale span { display: inline-flex; border: 1px solid var(--line); }
.patch { display: grid; grid-template-columns: 96px minmax(0, 1fr); gap: 14px; align-items: start; }
.patch > div:first-child { font-size: 12px; color: var(--muted); line-height: 1.35; }
.passage { color: var(--muted); white-space: pre-wrap; }
.passages { display: grid; gap: 14px 20px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 330px), 1fr)); }
.passages .tile { text-align: left; }
.one-layer .passages { grid-template-columns: minmax(0, 1fr); }
.tokens { font: 13px/1.4 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; color: var(--ink); }
.tokens i { --share: 38%; font-style: normal; white-space: pre; display: inline-grid; justify-items: center; min-width: 13px; padding: 0 2px; margin: 0 1px 3px 0; border-radius: 3px; overflow: hidden; vertical-align: top;
  background: color-mix(in srgb, var(--expert, transparent) var(--share), transparent); cursor: pointer; }
.tokens .g1 { --share: 25%; }
.tokens .g0 { --share: 14%; }
.tokens b { justify-self: stretch; margin: 0 -2px; text-align: center; font-size: 10px; line-height: 13px; background: var(--expert, transparent); color: var(--expert-ink, var(--muted)); }
.tokens .dropped { outline: 1px dashed var(--muted); outline-offset: -1px; cursor: auto; }
.one-layer .tokens { font-size: 15px; }
.focused .tokens i:not(.on) { opacity: .22; }
h4 { margin: 0 0 8px; font-size: 14px; font-weight: 600; line-height: 1.4; }
h4 small { font-weight: 400; color: var(--muted); font-size: 12px; }
.gallery { display: grid; gap: 12px; grid-template-columns: repeat(auto-fill, minmax(min(100%, 240px), 1fr)); }
.gallery .card { padding: 12px; }
.typical { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 10px; font-size: 13px; line-height: 1.5; }
.gallery .mosaic + .typical, .gallery .mosaic + .none, .none + .typical { margin-top: 10px; }
.typical b { color: var(--muted); font-weight: 400; font-size: 12px; font-variant-numeric: tabular-nums; }
.none { color: var(--muted); font-size: 13px; }
.found { display: grid; grid-template-columns: repeat(5, minmax(0, 1fr)); gap: 4px; }
.found > div { display: grid; gap: 4px; justify-items: center; align-content: start; padding: 3px; border: 2px solid transparent; border-radius: 6px; }
.found > .own, .sought .own { border-color: var(--good); }
.found img { max-width: 100%; height: auto; }
.found img, .sought img { display: block; border-radius: 3px; image-rendering: pixelated; }
.found span, .sought span { font-size: 12px; color: var(--muted); font-variant-numeric: tabular-nums; white-space: nowrap; }
.found b, .sought b { color: var(--good); font-weight: 600; }
.sought { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 12px; align-items: start; }
.sought ol { list-style: none; margin: 0; padding: 0; font-size: 13px; display: grid; gap: 4px; }
.sought li { border: 2px solid transparent; border-radius: 6px; padding: 2px 6px; }
.generated { white-space: pre-wrap; font-size: 14px; }
.texts td { vertical-align: top; }
.texts th, .texts td + td { overflow-wrap: normal; }
.chart { display: block; width: 100%; height: auto; color: var(--muted); }
.wide .chart, .narrow .chart { width: auto; max-width: 100%; }
.chart text { white-space: pre; }
.narrow { display: none; }
.beside { display: grid; gap: 16px; grid-template-columns: minmax(0, 1.25fr) minmax(0, 1fr); align-items: start; }
.stack { display: grid; gap: 16px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { text-align: left; font-weight: 500; color: var(--muted); }
th, td { padding: 5px 12px 5px 0; border-bottom: 1px solid var(--line); }
tr:last-child > * { border-bottom: 0; }
.scroll { overflow-x: auto; }
.scroll th, .scroll td { white-space: nowrap; }
.part > td:first-child { padding-left: 16px; color: var(--muted); }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; padding-right: 0; padding-left: 12px; }
.predictions { display: grid; gap: 12px; grid-template-columns: repeat(auto-fill, minmax(min(280px, 100%), 1fr)); }
.prediction { display: grid; grid-template-columns: 88px minmax(0, 1fr); gap: 14px; padding: 12px; align-items: start; }
.prediction img { display: block; border-radius: 4px; image-rendering: pixelated; background: var(--sunken); }
.prediction figcaption { margin: 0; color: var(--ink); font-size: 13px; }
.verdict { font-weight: 600; font-size: 14px; line-height: 1.35; }
.right { color: var(--good); }
.wrong { color: var(--warning); }
.truth { color: var(--muted); line-height: 1.35; }
.bars { list-style: none; margin-top: 6px; }
.bars li { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 8px; font-size: 12px; color: var(--muted); line-height: 1.5; padding-bottom: 3px;
  background: linear-gradient(var(--sunken) 0 0) left bottom / 100% 4px no-repeat; margin-bottom: 3px; }
.bars span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.bars b { font-weight: 500; font-variant-numeric: tabular-nums; color: var(--ink); }
.bars i { grid-column: 1 / -1; height: 4px; margin-bottom: -3px; background: var(--muted); border-radius: 2px; min-width: 1px; }
.bars .true i { background: var(--good); }
.bars .taken i { background: var(--warning); }
details + details { margin-top: 12px; }
details.card { padding: 0; }
summary { cursor: pointer; padding: 12px 16px; font-weight: 600; }
details > table { width: auto; margin: 0 16px 14px; }
.beside + .prompts { margin-top: 16px; }
.prompts .lede { padding: 0 16px; margin-bottom: 8px; }
details th { padding-right: 32px; }
pre { margin: 0; padding: 4px 16px 16px; overflow-x: auto; font: 13px/1.55 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; overflow-wrap: normal; }
@media (max-width: 900px) { .grid.two, .beside { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 640px) {
  main { padding: 24px 16px 56px; }
  nav { margin: 20px -16px 0; padding: 8px 16px; }
  section { padding-top: 40px; }
  .card { padding: 12px; }
  .wide { display: none; }
  .narrow { display: block; }
  .patch { grid-template-columns: minmax(0, 1fr); }
  .patch > div:first-child { display: grid; grid-template-columns: 96px 1fr; gap: 12px; align-items: center; }
  .texts tr { display: grid; grid-template-columns: 1fr 1fr auto; }
  .texts tr > :first-child { grid-column: 1 / -1; border-bottom: 0; padding-right: 0; }
  .texts tr:last-child > :not(:first-child) { border-bottom: 1px solid var(--line); }
  .figures { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .tiles { grid-template-columns: repeat(min(3, var(--tiles)), minmax(0, 1fr)); }
  #scenes .tiles { grid-template-columns: repeat(var(--tiles), minmax(0, 1fr)); gap: 6px; }
  .controls label { width: 100%; }
  .controls input { flex: 1; min-width: 0; }
}
@media print { nav, .controls { display: none; } .card { break-inside: avoid; } }
`;
}
