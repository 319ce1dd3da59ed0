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

/**
 * The mean over a window of up to `window` points around each; near the start it narrows evenly, so
 * that steep beginnings stay true, and at the end it loses its later half, so that noise stays low.
 *
 * @param geometric the mean of logarithms; all values must be positive
 */
export function runningMean(
  points: readonly Point[],
  window: number,
  geometric: boolean = false,
): readonly Point[] {
  const half = Math.floor(window / 2);
  const sums = new Float64Array(points.length + 1);
  points.forEach((point, i) => {
    sums[i + 1] = sums[i]! + (geometric ? Math.log(point.y) : point.y);
  });
  return points.map((point, i) => {
    const before = Math.min(half, i);
    const after = Math.min(before, points.length - 1 - i);
    const mean = (sums[i + after + 1]! - sums[i - before]!) / (before + after + 1);
    return { x: point.x, y: geometric ? Math.exp(mean) : mean };
  });
}
