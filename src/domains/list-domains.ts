/** Lists the domains of a configuration's data. */
import { datasets } from "../data/registry.ts";
import { usageError } from "../graph/errors.ts";
import type { TrainConfig } from "../recipe/config.ts";

/**
 * The domains of the data: `domains` of the configuration if given, otherwise all, sorted if they come
 * from file names.
 *
 * @throws UserError (exit code 2) if the set has no domains
 */
export async function listDomains(data: TrainConfig["data"]): Promise<string[]> {
  if ("domains" in data && data.domains !== undefined) return [...data.domains];
  const { domains } = datasets.get(data.name);
  if (domains !== undefined) return [...(await domains(data))];
  const known = datasets.list().filter((set) => set.domains !== undefined);
  throw usageError(
    `data.name ${data.name} has no domains to hold out; choose ${known.map(({ name }) => name).join(", ")}`,
  );
}
