/** Number formats for display, always in English notation. */

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const narrowSpace = "\u202f";

/** `1,500`. */
export function formatCount(value: number): string {
  return Number.isFinite(value) ? whole.format(value) : "unknown";
}

/** `4.5M`, `12k`, `850`. */
export function formatCompact(value: number): string {
  if (!Number.isFinite(value)) return "unknown";
  for (const [size, unit] of [
    [1e9, "B"],
    [1e6, "M"],
    [1e3, "k"],
  ] as const) {
    // 999,950 rounds up to the next unit.
    if (Math.abs(value) >= size * 0.99995) {
      const scaled = value / size;
      return `${scaled < 9.95 ? trimmed(scaled, 1) : Math.round(scaled)}${unit}`;
    }
  }
  return String(Math.round(value));
}

/** `96.4 %` of the fraction 0.964. */
export function formatPercent(fraction: number, digits: number = 1): string {
  return Number.isFinite(fraction)
    ? `${(fraction * 100).toFixed(digits)}${narrowSpace}%`
    : "unknown";
}

/** `311k of 23M parameters train (1.4 %)`. */
export function formatTrained(trained: number, total: number): string {
  return `${formatCompact(trained)} of ${formatCompact(total)} parameters train (${formatPercent(trained / total)})`;
}

/** `1 min 32 s`, `2 h 05 min`, `8.4 s`. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return "unknown time";
  if (seconds < 9.95) return `${trimmed(seconds, 1)} s`;
  const total = Math.round(seconds);
  if (total < 60) return `${total} s`;
  if (total < 3600) return `${Math.floor(total / 60)} min ${total % 60} s`;
  const minutes = Math.round(total / 60);
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

/** Three significant digits; powers of ten for very large and very small values. */
export function formatFigure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) {
    return value.toExponential(2).replace(/\.?0*e\+?/, "e");
  }
  return size >= 1000 ? formatCount(value) : String(Number(value.toPrecision(3)));
}

function trimmed(value: number, digits: number): string {
  return value.toFixed(digits).replace(/\.0+$/, "");
}
