/** The part of `report/` that runs in a page: the charts, which draw into any document. */
export { type AssociationDotsOptions, associationDotsChart } from "./charts/association-dots.ts";
export { type AttentionMap, attentionChart, markPatch } from "./charts/attention.ts";
export type { ChartOptions } from "./charts/chart.ts";
export { confusionChart } from "./charts/confusion.ts";
export {
  type Curve,
  type CurveLegendEntry,
  type CurveOptions,
  curveChart,
  curveLegend,
  suitsLogAxis,
} from "./charts/curves.ts";
export { type DecisionOptions, decisionChart } from "./charts/decision.ts";
export { domainBarsChart } from "./charts/domain-bars.ts";
export { labelMapChart } from "./charts/label-map.ts";
export { loadBarsChart } from "./charts/load-bars.ts";
export { type LoadMapOptions, loadMapChart } from "./charts/load-map.ts";
export { loadOverTimeChart } from "./charts/load-over-time.ts";
export { modalitySharesChart } from "./charts/modality-shares.ts";
export { type MosaicOptions, mosaicChart } from "./charts/mosaic.ts";
export { type PatchSheetOptions, patchSheetChart } from "./charts/patch-sheet.ts";
export { planeChart } from "./charts/plane.ts";
export { classLooks, type RegionPlane, regionPlanes } from "./charts/region-planes.ts";
export type { Point } from "./downsample.ts";
export { expertColors } from "./palette.ts";
export { type PatchSprite, patchSprite } from "./patch-sprite.ts";
export { pngDataUri } from "./png.ts";
export type { ChartTheme } from "./theme.ts";
