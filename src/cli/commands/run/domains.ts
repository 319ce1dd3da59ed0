import { join } from "node:path";
import type { ProtocolResult } from "../../../domains/protocol.ts";
import { selectionMethods } from "../../../evaluate/domains/model-selection.ts";
import { domainTableText } from "../../../evaluate/domains/table.ts";
import { defined } from "../../../graph/defined.ts";
import { usageError } from "../../../graph/errors.ts";
import { type Context, printJson } from "../../context.ts";
import { listenForInterrupt } from "../../interrupt.ts";
import type { CommonOptions } from "../../options.ts";
import { createProgress } from "../../progress.ts";
import { printTable } from "../../table.ts";

export interface DomainsOptions extends CommonOptions {
  readonly testDomains: readonly string[] | undefined;
  readonly trials: number;
  readonly algorithms: readonly string[] | undefined;
  readonly crossValidation: boolean;
  readonly out: string | undefined;
}

/**
 * `moesaic domains`: trains recipes with each domain held out in turn.
 *
 * @returns the exit code: 0, or 130 when interrupted after saving
 */
export async function domainsCommand(
  context: Context,
  recipe: string,
  others: readonly string[],
  options: DomainsOptions,
): Promise<number> {
  const positionals = [recipe, ...others];
  const recipes = positionals.filter((one) => !one.includes("="));
  const overrides = positionals.filter((one) => one.includes("="));
  const { loadTrainConfig } = await import("../../../recipe/load-train-config.ts");
  const { listDomains } = await import("../../../domains/list-domains.ts");
  const { planCells } = await import("../../../domains/cells.ts");
  const { protocolJson, runProtocol } = await import("../../../domains/protocol.ts");
  const configs = await Promise.all(
    recipes.map((source) => loadTrainConfig(source, { overrides, plugins: options.plugin ?? [] })),
  );
  const lists = await Promise.all(configs.map(({ data }) => listDomains(data)));
  const domains = requireSame(lists, recipes);
  const testDomains = chooseDomains(domains, options.testDomains);
  const { trials, algorithms, crossValidation } = options;
  const cells = planCells(configs, {
    domains,
    testDomains,
    trials,
    ...defined({ algorithms }),
    crossValidation,
  });
  const out = options.out ?? join("runs", `${configs[0]!.recipe}-domains`);
  const title = `${[...new Set(configs.map(({ recipe }) => recipe))].join(", ")}: one domain left out`;

  const progress = createProgress(context.err);
  const interruption = listenForInterrupt(progress.note);
  try {
    const { signal } = interruption;
    const protocol = { out, title, domains, testDomains, progress, signal };
    const result = await runProtocol(cells, protocol);
    progress.close();
    if (options.json) printJson(context, protocolJson(result, protocol));
    else printTables(context, result);
    const interrupted = result.finished ? undefined : interruption.exitCode();
    context.err.line(
      interrupted === undefined
        ? `tables: ${join(out, "domains.html")}, domains.md, domains.json`
        : `${result.cells.length} of ${cells.length} runs are finished; run the same command to continue`,
    );
    return interrupted ?? 0;
  } finally {
    progress.close();
    interruption.dispose();
  }
}

function printTables({ out }: Context, { tables }: ProtocolResult): void {
  for (const [index, table] of tables.entries()) {
    if (index > 0) out.line("");
    out.line(`selection: ${selectionMethods[table.method]}`);
    const { heading, rows } = domainTableText(table);
    printTable(out, heading, rows);
  }
}

/** The domains of the recipes, which must be equal. */
function requireSame(
  lists: readonly (readonly string[])[],
  recipes: readonly string[],
): readonly string[] {
  const [first] = lists as [readonly string[]];
  const other = lists.findIndex((list) => JSON.stringify(list) !== JSON.stringify(first));
  if (other < 0) return first;
  throw usageError(
    `${recipes[0]} has the domains ${first.join(", ")} but ${recipes[other]} has ${lists[other]!.join(", ")}; compare recipes with the same data`,
  );
}

function chooseDomains(
  domains: readonly string[],
  chosen: readonly string[] = domains,
): readonly string[] {
  const unknown = chosen.find((name) => !domains.includes(name));
  if (unknown !== undefined || chosen.length === 0) {
    throw usageError(`--test-domains takes some of ${domains.join(", ")}, got "${unknown ?? ""}"`);
  }
  if (domains.length > 1) return chosen;
  throw usageError(`there is only one domain, ${domains[0]}, so no domain remains for training`);
}
