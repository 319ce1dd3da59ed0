/** Answers of `moesaic predict` as text, JSON and comma-separated values. */
import type { RoutedLayer } from "../../inspect/types/routed-layer.ts";
import type { Prediction } from "../../live/predict/predictions.ts";
import type { Context } from "../context.ts";
import { printTable } from "../table.ts";

export interface Answer {
  readonly input: string;
  readonly prediction: Prediction;
}

/** An answer as JSON, with the experts of every patch or token if it has a routing. */
export function describe({ input, prediction }: Answer): object {
  const { routing, notes, kind: _, ...answer } = prediction;
  const { imageRouting, ...own } =
    "imageRouting" in answer ? answer : { ...answer, imageRouting: undefined };
  return {
    input,
    ...own,
    ...(notes.length > 0 && { notes }),
    ...(routing && { routing: routingJson(routing) }),
    ...(imageRouting && { image_routing: routingJson(imageRouting) }),
  };
}

type Routing = NonNullable<Prediction["routing"]>;

function routingJson({ layers, ...place }: Routing): object {
  const { rows, cols, tokens } = place as { rows?: number; cols?: number; tokens?: unknown };
  return {
    ...(rows === undefined ? { tokens } : { rows, columns: cols }),
    layers: layers.map((layer) => ({
      layer: layer.layer,
      num_experts: layer.numExperts,
      ids: layer.ids, // [K, S]
      combine_weights: layer.combineWeights, // [K, S]
      expert_load: loads(layer), // [E]
    })),
  };
}

/** The share of each expert in all choices of a layer, 0 to 1; dropped tokens count for none. */
function loads({ ids, numExperts }: Pick<RoutedLayer, "ids" | "numExperts">): number[] {
  const counts = Array<number>(numExperts).fill(0);
  let total = 0;
  for (const id of ids.flat()) {
    total += 1;
    if (id >= 0 && id < numExperts) counts[id]! += 1;
  }
  return counts.map((count) => (total === 0 ? 0 : count / total));
}

/** A label and its numbers for each rank; one rank without numbers for a text. */
function ranks(
  prediction: Prediction,
): { text: string; probability?: number; similarity?: number }[] {
  switch (prediction.kind) {
    case "classes":
      return prediction.classes.map(({ label, probability }) => ({ text: label, probability }));
    case "similarities":
      return [...prediction.texts];
    case "text":
      return [{ text: prediction.text }];
  }
}

/** One line for each class or text of each input, best first, after a line of names. */
export function printCsv({ out }: Context, answers: readonly Answer[]): void {
  const [first] = answers;
  if (first === undefined) return;
  const names = {
    classes: ["input", "label", "probability"],
    similarities: ["input", "text", "similarity", "probability"],
    text: ["input", "text"],
  }[first.prediction.kind];
  out.line(names.join(","));
  for (const { input, prediction } of answers) {
    for (const { text, similarity, probability } of ranks(prediction)) {
      const numbers = [similarity, probability].filter((value) => value !== undefined);
      out.line([quoted(input), quoted(text), ...numbers].join(","));
    }
  }
}

/** RFC 4180: fields with commas, quotes or line ends are in quotes. */
function quoted(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}

/** A line or block for each input, and the share of each expert if `experts`. */
export function printAnswers({ out }: Context, answers: readonly Answer[], experts: boolean): void {
  for (const { input, prediction } of answers) {
    const found = ranks(prediction).map(({ text, similarity, probability }) => {
      const cosine = similarity === undefined ? "" : ` (cosine ${similarity.toFixed(3)})`;
      const percent = probability === undefined ? "" : ` ${(100 * probability).toFixed(1)} %`;
      return text + percent + cosine;
    });
    out.line(`${out.style("bold", input)}: ${found.join(", ")}`);
    if (!experts) continue;
    const image = "imageRouting" in prediction ? (prediction.imageRouting?.layers ?? []) : [];
    const layers = [...image, ...(prediction.routing?.layers ?? [])];
    const most = Math.max(0, ...layers.map(({ numExperts }) => numExperts));
    const heading = ["layer", ...Array.from({ length: most }, (_, e) => `expert ${e}`)];
    const rows = layers.map((layer) => [
      layer.layer,
      ...loads(layer).map((share) => `${(100 * share).toFixed(0)} %`),
    ]);
    if (rows.length > 0) printTable(out, heading, rows);
  }
}
