import { defined } from "../../../graph/defined.ts";
import type { CountedModel } from "../../../recipe/count-parameters.ts";
import { formatTrained } from "../../../report/format.ts";
import { type Context, printJson } from "../../context.ts";
import type { CommonOptions } from "../../options.ts";
import { printTable } from "../../table.ts";

export interface ParametersOptions extends CommonOptions {
  readonly vocabulary: number | undefined;
}

/** `moesaic parameters`: counts parameters, in total and active per token. */
export async function parametersCommand(
  context: Context,
  source: string,
  overrides: readonly string[],
  { vocabulary, plugin, json }: ParametersOptions,
): Promise<number> {
  const { countParametersOf } = await import("../../../recipe/count-parameters.ts");
  const counted = await countParametersOf(source, overrides, {
    ...defined({ plugins: plugin, vocabularySize: vocabulary }),
  });
  if (json) printJson(context, asJson(counted));
  else printCounts(context, counted);
  return 0;
}

function printCounts(
  { out }: Context,
  { recipe, total, trained, byToken, parts }: CountedModel,
): void {
  const kinds = Object.keys(byToken);
  const perToken = kinds.map((kind) => (kind === "token" ? "per token" : `per ${kind} token`));
  const rows = [...parts, { part: "all", total, byToken }].map((row) => [
    row.part,
    ...[row.total, ...kinds.map((kind) => row.byToken[kind]!)].map(grouped),
  ]);
  const heading = [recipe, "parameters", ...perToken];
  const widths = heading.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length)),
  );
  const right = (cells: readonly string[]): string[] =>
    cells.map((cell, column) => (column === 0 ? cell : cell.padStart(widths[column]!)));
  printTable(out, right(heading), rows.map(right));
  if (trained < total) out.line(`${formatTrained(trained, total)}; the others are frozen`);
}

/** `5,552,000,000` */
function grouped(count: number): string {
  return count.toLocaleString("en-US");
}

function asJson({ recipe, total, trained, byToken, parts }: CountedModel) {
  return {
    recipe,
    parameters: total,
    trained,
    per_token: byToken,
    parts: parts.map((part) => ({
      part: part.part,
      parameters: part.total,
      per_token: part.byToken,
    })),
  };
}
