/** What every chart takes beside its data. */
import type { ChartTheme } from "../theme.ts";

/** Document and size of a chart; any DOM works, also outside browsers. */
export interface ChartOptions {
  readonly document: Document;
  /** Outer width, pixels; the height depends on the data. */
  readonly width: number;
  readonly theme?: ChartTheme;
  /** Accessible name of the chart. */
  readonly label?: string;
}
