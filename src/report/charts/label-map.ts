/** Expert assignments per class, domain or attribute value. */

import { formatPercent } from "../format.ts";
import { balanceShade } from "../theme.ts";
import { themeOf } from "./chart.ts";
import type { ChartOptions } from "./chart-options.ts";
import { heatMap } from "./heat-map.ts";

/**
 * A heat map of label values and the experts of one layer; each row is normalised to 1.
 *
 * Colours show shares relative to the even share, 1/E, on one scale for all charts, so that nearly even
 * routing looks nearly even.
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
  const numExperts = Math.max(0, ...counts.map((row) => row.length));
  const rowNames = counts.map((_, i) => valueNames[i] ?? String(i));
  const cells = shares.flatMap((values, row) =>
    values.map((share, expert) => ({
      ...{ row, expert, share },
      ...balanceShade(theme, share * numExperts),
    })),
  );
  return heatMap(
    {
      cells,
      rowNames,
      numExperts,
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
