/** The generated `gaussian-shift` set: three classes of points with known overlap. */

import { usageError } from "../../graph/errors.ts";
import { foldIn, integers, key, normal } from "../../random/index.ts";
import { checkIndex, type PointsDataset, type Split } from "../dataset.ts";

/** Coordinates of a point. */
const dimensions = 4;
/** The classes, in label order. */
export const classNames = ["0", "1", "2"] as const;
/** The shift that a class adds to a standard normal point: a step along one axis. */
const shifts = [
  { axis: 0, step: 1 },
  { axis: 1, step: -1 },
  { axis: 0, step: -1 },
] as const;

const lengths = { train: 4000, validation: 1000, test: 10_000 } as const;
const longest = 10_000_000;

/** A split of the generated points. */
export interface GaussianShiftSpec {
  readonly name: "gaussian-shift";
  readonly split: Split;
  /** By default 0. */
  readonly seed?: number;
  /** Points in the split, by default 4000, 1000 and 10000. */
  readonly length?: number;
}

/**
 * Opens a split: point `i` depends only on (seed, split, i).
 *
 * A point is standard normal in four dimensions; class 0 then has `x0 + 1`, class 1 `x1 - 1` and
 * class 2 `x0 - 1`. The classes are equally likely. All have the same covariance, and their means have
 * the same length, so the largest of `x0`, `-x1` and `-x0` gives the most probable class. This rule
 * classifies 0.666 of all points correctly, which is the Bayes accuracy.
 *
 * @throws UserError (exit code 2) if the length is out of range
 */
export function openGaussianShift(spec: GaussianShiftSpec): PointsDataset {
  const { name, split, seed = 0, length = lengths[spec.split] } = spec;
  if (!Number.isInteger(length) || length < 1 || length > longest) {
    throw usageError(`${name}: the ${split} split must have 1 to ${longest} points, got ${length}`);
  }
  const splitKey = foldIn(foldIn(key(seed), name), split);
  const labelKey = foldIn(splitKey, "label");
  const pointKey = foldIn(splitKey, "point");
  return {
    kind: "points",
    name,
    split,
    length,
    classNames,
    featureNames: Array.from({ length: dimensions }, (_, axis) => `x${axis}`),
    get(index) {
      checkIndex(index, length, name);
      const label = integers(foldIn(labelKey, index), 1, 0, shifts.length)[0]!;
      const features = normal(foldIn(pointKey, index), dimensions);
      const { axis, step } = shifts[label]!;
      features[axis]! += step;
      return { features, label, index };
    },
    optimalLabel(features) {
      const scores = shifts.map(({ axis, step }) => step * features[axis]!);
      return scores.indexOf(Math.max(...scores));
    },
  };
}
