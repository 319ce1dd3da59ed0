/** Curves of the routing of each layer, as reports and the inspector show them. */
import { snakeCase } from "../../../config/case.ts";
import { type RoutingScore, routingScoreList } from "../../../inspect/routing-scores.ts";

/** The curve of a score, logged as `experts/<layer>/<name>`. */
export interface RoutingCurve extends Pick<RoutingScore, "title" | "explanation"> {
  readonly name: string;
  readonly unit: "number" | "percent";
}

/** Curves of the scores that show how routing moved. */
export const routingCurves: readonly RoutingCurve[] = routingScoreList
  .filter(({ curve }) => curve)
  .map(({ name, title, unit, explanation }) => ({
    name: snakeCase(name),
    title,
    unit: unit === "percent" ? unit : "number",
    explanation,
  }));

/** Layers without the modalities of layers that are there themselves, `<layer>/<modality>`. */
export function wholeLayers(names: readonly string[]): string[] {
  const known = new Set(names);
  return [...known].filter((name) => !known.has(name.slice(0, Math.max(0, name.lastIndexOf("/")))));
}
