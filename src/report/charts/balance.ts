/** Colours of routing relative to the even share: one scale on all heat maps, with its legend. */
import type { ChartTheme } from "../theme.ts";

/** Multiples of the even share at both ends of the scale; the colours change by its logarithm. */
const range = 4;

/**
 * Colours of a share of `ratio` times the even share, `1 / E`.
 *
 * The scale is logarithmic from 1/4 to 4 times even, with the even share in its neutral middle.
 */
export function balanceShade(
  theme: Pick<ChartTheme, "balance">,
  ratio: number,
): ReturnType<ChartTheme["balance"]> {
  return theme.balance(ratio > 0 ? 0.5 + Math.log2(ratio) / (2 * Math.log2(range)) : 0);
}

/** One entry of the legend. */
export interface BalanceEntry {
  readonly label: string;
  /** CSS colour. */
  readonly color: string;
}

/** The legend of the scale, from few to many tokens. */
export function balanceLegend(theme: Pick<ChartTheme, "balance">): BalanceEntry[] {
  const labels = ["¼ or less", "½", "the even share", "2 times", "4 times or more"];
  return labels.map((label, i) => ({ label, color: balanceShade(theme, 2 ** (i - 2)).fill }));
}
