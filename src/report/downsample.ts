/** Thinning curves for drawing. */

/** One point of a curve. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * At most `limit` points of a curve, with the lowest and the highest of every stretch among them,
 * so that no spike is lost; the first and the last point stay.
 *
 * @param points in ascending order of `x`
 * @param limit at least 4
 */
export function downsample(points: readonly Point[], limit: number): readonly Point[] {
  if (points.length <= limit) return points;
  const stretches = Math.max(1, Math.floor((limit - 2) / 2));
  const inner = points.length - 2;
  const kept: Point[] = [points[0]!];
  for (let i = 0; i < stretches; i++) {
    const start = 1 + Math.floor((i * inner) / stretches);
    const end = 1 + Math.floor(((i + 1) * inner) / stretches);
    let low = start;
    let high = start;
    for (let j = start + 1; j < end; j++) {
      if (points[j]!.y < points[low]!.y) low = j;
      if (points[j]!.y > points[high]!.y) high = j;
    }
    kept.push(points[Math.min(low, high)]!);
    if (low !== high) kept.push(points[Math.max(low, high)]!);
  }
  kept.push(points[points.length - 1]!);
  return kept;
}

/** At most `limit` points, evenly spaced by index, the ends included. */
export function thin<T>(points: readonly T[], limit: number): readonly T[] {
  if (points.length <= limit) return points;
  const last = points.length - 1;
  return Array.from({ length: limit }, (_, i) => points[Math.round((i * last) / (limit - 1))]!);
}

/** The mean over a centred window of up to `window` points, narrower at the ends. */
export function runningMean(points: readonly Point[], window: number): readonly Point[] {
  const half = Math.floor(window / 2);
  const sums = new Float64Array(points.length + 1);
  points.forEach((point, i) => {
    sums[i + 1] = sums[i]! + point.y;
  });
  return points.map((point, i) => {
    const reach = Math.min(half, i, points.length - 1 - i);
    const total = sums[i + reach + 1]! - sums[i - reach]!;
    return { x: point.x, y: total / (2 * reach + 1) };
  });
}
