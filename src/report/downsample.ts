/** Downsampling of curves for drawing. */

/** One point of a curve. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * At most `limit` points of a curve: the first, the last, and the minimum and maximum of every
 * interval, so that no spike is lost.
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

/** At most `limit` points, evenly spaced by index, including both ends. */
export function thin<T>(points: readonly T[], limit: number): readonly T[] {
  if (points.length <= limit) return points;
  const last = points.length - 1;
  return Array.from({ length: limit }, (_, i) => points[Math.round((i * last) / (limit - 1))]!);
}

/**
 * Running mean over up to `window` points. Near the start the window shrinks on both sides, which
 * preserves steep starts; near the end only its later half shrinks, which limits noise.
 *
 * @param geometric whether to average logarithms; all values must be positive
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
