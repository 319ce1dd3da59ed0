/** Chooses shapes and colours, subject to the `exclude` and `only` patterns of a spec. */

import { usageError } from "../../graph/errors.ts";
import type { Stream } from "../../random/index.ts";
import {
  type ColorName,
  colorNames,
  type ObjectPattern,
  type ResolvedShapesSpec,
  type ShapeName,
  shapeNames,
} from "./spec.ts";

/** A shape in a colour. */
export interface ObjectKind {
  readonly shape: ShapeName;
  readonly color: ColorName;
}

/** Draws `count` distinct kinds, starting with the main object. */
export type ObjectChooser = (draws: Stream, count: number) => ObjectKind[];

/** The 64 combinations of shape and colour without the ones that match a pattern. */
export function objectKinds(exclude: readonly ObjectPattern[] = []): ObjectKind[] {
  return shapeNames
    .flatMap((shape) => colorNames.map((color) => ({ shape, color })))
    .filter((kind) => !exclude.some((pattern) => matches(kind, pattern)));
}

/**
 * First a uniform choice among shapes with a remaining colour, then among the colours of that shape.
 *
 * @throws UserError (exit code 2) if the patterns leave too few kinds
 */
export function objectChooser(spec: ResolvedShapesSpec): ObjectChooser {
  const drawn = objectKinds(spec.exclude);
  const main =
    spec.only.length === 0
      ? drawn
      : drawn.filter((kind) => spec.only.some((pattern) => matches(kind, pattern)));
  if (main.length === 0) {
    throw usageError("shapes: exclude and only leave no shape and colour for the main object");
  }
  if (drawn.length < spec.objects[1]) {
    throw usageError(
      `shapes: exclude leaves ${drawn.length} combinations for ${spec.objects[1]} objects; lower objects or exclude less`,
    );
  }
  const mainByShape = groupByShape(main);
  const othersByShape = groupByShape(drawn);
  return (draws, count) => {
    const kinds = [draws.choice(draws.choice(mainByShape))];
    while (kinds.length < count) {
      const next = draws.choice(draws.choice(othersByShape));
      if (!kinds.includes(next)) kinds.push(next);
    }
    return kinds;
  };
}

function matches(kind: ObjectKind, pattern: ObjectPattern): boolean {
  return (
    (pattern.shape ?? kind.shape) === kind.shape && (pattern.color ?? kind.color) === kind.color
  );
}

function groupByShape(kinds: readonly ObjectKind[]): ObjectKind[][] {
  return shapeNames
    .map((shape) => kinds.filter((kind) => kind.shape === shape))
    .filter((group) => group.length > 0);
}
