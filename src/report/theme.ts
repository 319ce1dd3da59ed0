/** Colours of charts and pages. Charts name CSS variables, so one drawing serves light and dark. */

import { inkOn, mix } from "./color.ts";
import { expertColors } from "./palette.ts";

/** Colours as CSS values; `heat` and `balance` take a fraction from 0 to 1. */
export interface ChartTheme {
  readonly ink: string;
  readonly muted: string;
  readonly line: string;
  readonly surface: string;
  /** Curve colours, in order. */
  readonly series: readonly string[];
  readonly warning: string;
  readonly expert: (expert: number) => string;
  /** Sequential scale from 0 to the maximum. */
  readonly heat: (fraction: number) => { readonly fill: string; readonly ink: string };
  /** Diverging scale from far below to far above; 0.5 is even. */
  readonly balance: (fraction: number) => { readonly fill: string; readonly ink: string };
}

/** Last index of the steps of both graded scales. */
const steps = 10;

function graded(name: string): ChartTheme["heat"] {
  return (fraction) => {
    const clamped = Number.isFinite(fraction) ? Math.min(1, Math.max(0, fraction)) : 0;
    const index = Math.round(clamped * steps);
    return { fill: `var(--${name}-${index})`, ink: `var(--${name}-ink-${index})` };
  };
}

/** The theme whose colours are the CSS variables that `themeVariables` defines. */
export const cssTheme: ChartTheme = {
  ink: "var(--ink)",
  muted: "var(--muted)",
  line: "var(--line)",
  surface: "var(--surface)",
  series: Array.from({ length: 6 }, (_, i) => `var(--series-${i})`),
  warning: "var(--warning)",
  expert: (expert) => expertColors(expert + 1)[expert] ?? "var(--muted)",
  heat: graded("heat"),
  balance: graded("balance"),
};

interface PageColors {
  readonly page: string;
  readonly surface: string;
  readonly sunken: string;
  readonly ink: string;
  readonly muted: string;
  readonly line: string;
  readonly accent: string;
  readonly warning: string;
  readonly good: string;
  readonly series: readonly string[];
  readonly heat: string;
  readonly below: string;
  readonly above: string;
}

/** Page colours of both schemes; text colours meet WCAG AA on `page`, `surface` and `sunken`. */
export const pageColors: Readonly<Record<"light" | "dark", PageColors>> = {
  light: {
    page: "#f6f6f3",
    surface: "#ffffff",
    sunken: "#eeeeea",
    ink: "#1b1e23",
    muted: "#565d66",
    line: "#dcdcd6",
    accent: "#0a5f9e",
    warning: "#a63d00",
    good: "#00694c",
    series: ["#0067a3", "#b85000", "#00805d", "#a3487d", "#6a3d9a", "#6d6a00"],
    heat: "#0a4f86",
    below: "#0a5f9e",
    above: "#b34700",
  },
  dark: {
    page: "#111317",
    surface: "#191c21",
    sunken: "#22262c",
    ink: "#e9e9e6",
    muted: "#a4abb4",
    line: "#333840",
    accent: "#6cbcf0",
    warning: "#ff9d5c",
    good: "#54cfa4",
    series: ["#56b4e9", "#f0932f", "#2fc49a", "#e08fbd", "#b79ae8", "#d8cb4a"],
    heat: "#7cc7f5",
    below: "#4aa6e3",
    above: "#f0932f",
  },
};

/** CSS declarations of one colour scheme. */
export function themeVariables(scheme: "light" | "dark"): string {
  const colors = pageColors[scheme];
  const lines: string[] = [`color-scheme: ${scheme};`];
  const set = (name: string, value: string): void => {
    lines.push(`--${name}: ${value};`);
  };
  for (const [name, value] of Object.entries(colors)) {
    if (typeof value === "string" && !["heat", "below", "above"].includes(name)) set(name, value);
  }
  colors.series.forEach((color, i) => {
    set(`series-${i}`, color);
  });
  for (let i = 0; i <= steps; i++) {
    const side = Math.abs(i / steps - 0.5) * 2;
    const heat = mix(colors.sunken, colors.heat, i / steps);
    const balance = mix(colors.sunken, i < steps / 2 ? colors.below : colors.above, side);
    set(`heat-${i}`, heat);
    set(`heat-ink-${i}`, inkOn(heat));
    set(`balance-${i}`, balance);
    set(`balance-ink-${i}`, inkOn(balance));
  }
  return lines.join("\n  ");
}

/** Multiple of the even share at the upper end of the balance scale. */
const balanceRange = 4;

/**
 * Colours of a share of `ratio` times the even share, `1 / E`.
 *
 * The scale is logarithmic from 1/4 to 4 times even, with the even share in its neutral middle.
 */
export function balanceShade(
  theme: Pick<ChartTheme, "balance">,
  ratio: number,
): ReturnType<ChartTheme["balance"]> {
  return theme.balance(ratio > 0 ? 0.5 + Math.log2(ratio) / (2 * Math.log2(balanceRange)) : 0);
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
