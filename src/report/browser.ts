/**
 * The part of `report/` that runs in browsers: charts, which draw into any document, and number
 * formats.
 */

export { formatBytes } from "../graph/format-bytes.ts";
export { type AssociationDotsOptions, associationDotsChart } from "./charts/association-dots.ts";
export {
  type AttentionMap,
  attentionChart,
  attentionColors,
  attentionLevel,
  markPatch,
} from "./charts/attention.ts";
export type { ChartOptions } from "./charts/chart-options.ts";
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
export {
  deadBelow,
  type LoadStatus,
  loadStatus,
  overloadedAbove,
  statusSign,
} from "./charts/load-status.ts";
export { modalitySharesChart } from "./charts/modality-shares.ts";
export { type MosaicOptions, mosaicChart } from "./charts/mosaic.ts";
export { type PatchSheetOptions, patchSheetChart } from "./charts/patch-sheet.ts";
export { planeChart } from "./charts/planes/plane.ts";
export { classLooks, type RegionPlane, regionPlanes } from "./charts/planes/region-planes.ts";
export { inkOn } from "./color.ts";
export { downsample, type Point } from "./downsample.ts";
export {
  formatCompact,
  formatCount,
  formatDuration,
  formatFigure,
  formatPercent,
} from "./format.ts";
export { expertColors } from "./palette.ts";
export { type PatchSprite, patchSprite } from "./patch-sprite.ts";
export { greyscale, pngDataUri } from "./png.ts";
export { chartsOf } from "./sections/charts-of.ts";
export {
  type RoutingCurve,
  routingCurves,
  wholeLayers,
} from "./sections/routing/routing-curves.ts";
export { type RoutingColumn, routingColumns } from "./sections/routing/table.ts";
export { type BalanceEntry, balanceLegend, type ChartTheme, cssTheme } from "./theme.ts";
