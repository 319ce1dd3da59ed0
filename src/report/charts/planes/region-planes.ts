/** Maps of a mixture of classifiers over a plane: predictions and expert territories. */
import type { DecisionRegions } from "../../../inspect/types/regions.ts";
import { cssTheme } from "../../theme.ts";
import { type Plane, type PointStyle, pointSymbols } from "./plane.ts";

const signs: Readonly<Record<(typeof pointSymbols)[number], string>> = {
  circle: "\u25cf",
  triangle: "\u25b2",
  square: "\u25a0",
  diamond: "\u25c6",
  star: "\u2605",
  cross: "\u271a",
};

/** Appearance of a class in areas and points. */
export interface ClassLook extends PointStyle {
  readonly name: string;
  /** The symbol as a character. */
  readonly sign: string;
}

/** Class colours follow the expert colours, so that no colour has two meanings. */
export function classLooks(numExperts: number, classNames: readonly string[]): ClassLook[] {
  return classNames.map((name, c) => {
    const symbol = pointSymbols[c % pointSymbols.length]!;
    return {
      name: `class ${name}`,
      fill: cssTheme.expert(numExperts + c),
      symbol,
      sign: signs[symbol],
    };
  });
}

/** One map for `planeChart`. */
export interface RegionPlane {
  readonly title: string;
  /** Accessible name of the map. */
  readonly label: string;
  /** Whether areas are classes or experts. */
  readonly of: "classes" | "experts";
  readonly plane: Plane;
  readonly note?: string;
}

/** Prediction of the mixture, territory of each expert, and the best possible prediction if known. */
export function regionPlanes(
  { numExperts, predicted, ids, combineWeights, optimal }: DecisionRegions,
  classNames: readonly string[],
): RegionPlane[] {
  const looks = classLooks(numExperts, classNames);
  const fallback = { name: "unknown class", fill: cssTheme.muted, symbol: pointSymbols[0] };
  const point = (c: number) => looks[c] ?? fallback;
  const planes: RegionPlane[] = [
    {
      title: "Prediction of the mixture",
      label: "Predicted class over the plane",
      of: "classes",
      plane: { values: predicted, area: point, point },
    },
    {
      title: "Territory of each expert",
      label: "Expert with the largest gate over the plane",
      of: "experts",
      plane: {
        values: ids,
        strength: combineWeights,
        area: (e) => ({ name: `expert ${e}`, fill: cssTheme.expert(e) }),
        point,
      },
      note: "Stronger colour: larger gate of that expert, up to 1.",
    },
  ];
  if (optimal !== undefined) {
    planes.push({
      title: "Best possible prediction",
      label: "Most probable class over the plane",
      of: "classes",
      plane: { values: optimal, area: point, point },
      note: "The most probable class under the distribution of the data.",
    });
  }
  return planes;
}
