/** Expert assignments per class, domain or attribute value. */

import { formatPercent } from "../format.ts";
import { themeOf } from "./chart.ts";
import type { ChartOptions } from "./chart-options.ts";
import { heatMap } from "./heat-map.ts";

/**
 * A heat map of label values and the experts of one layer; each row is normalised to 1.
 *
 * @param counts assignments of the tokens of each value to each expert
 */
export function labelMapChart(
  counts: readonly (readonly number[])[], // [L, E]
  valueNames: readonly string[],
  options: ChartOptions,
): SVGSVGElement {
  const theme = themeOf(options);
  const shares = counts.map((row) => {
    const total = row.reduce((sum, value) => sum + value, 0);
    return row.map((value) => (total > 0 ? value / total : 0));
  });
  const highest = Math.max(1e-9, ...shares.map((row) => Math.max(0, ...row)));
  const rowNames = counts.map((_, i) => valueNames[i] ?? String(i));
  const cells = shares.flatMap((values, row) =>
    values.map((share, expert) => ({ row, expert, share, ...theme.heat(share / highest) })),
  );
  return heatMap(
    {
      cells,
      rowNames,
      numExperts: Math.max(0, ...counts.map((row) => row.length)),
      nameLimit: 112,
      widthLimit: 56,
      heightOf: () => (counts.length > 30 ? 12 : 24),
      title: ({ row, expert, share }) =>
        `${rowNames[row]}, expert ${expert}: ${formatPercent(share)}`,
      text: ({ share }, { width, height }) =>
        width >= 24 && height >= 20 ? (share * 100).toFixed(0) : "",
      fontSize: (width) => (width < 28 ? 10 : 12),
    },
    options,
  );
}
