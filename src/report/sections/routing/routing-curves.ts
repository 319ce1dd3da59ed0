/** Routing curves per layer, shared by reports and the inspector. */
import { snakeCase } from "../../../config/case.ts";
import { type RoutingScore, routingScoreList } from "../../../inspect/routing-scores.ts";

/** The curve of a score, logged as `experts/<layer>/<name>`. */
export interface RoutingCurve extends Pick<RoutingScore, "title" | "explanation"> {
  readonly name: string;
  readonly unit: "number" | "percent";
}

/** Curves of the routing scores that are plotted over training. */
export const routingCurves: readonly RoutingCurve[] = routingScoreList
  .filter(({ curve }) => curve)
  .map(({ name, title, unit, explanation }) => ({
    name: snakeCase(name),
    title,
    unit: unit === "percent" ? unit : "number",
    explanation,
  }));

/** Layer names without the modality entries `<layer>/<modality>` of listed layers. */
export function wholeLayers(names: readonly string[]): string[] {
  const known = new Set(names);
  return [...known].filter((name) => !known.has(name.slice(0, Math.max(0, name.lastIndexOf("/")))));
}
