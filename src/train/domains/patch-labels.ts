/** What the tokens of images are labelled with, to see what experts follow. */
import type { Batch } from "../../data/batches/batch.ts";
import { patchObjects } from "../../inspect/patch-objects.ts";
import type { SampleLabels } from "../../inspect/statistics/routing-statistics.ts";
import type { ImagePatches } from "../../tasks/task.ts";

/** Domain of the patches of objects, which compares with their shape and colour. */
export const OBJECT_DOMAIN = "domain of objects";

/**
 * Class and domain of each image; and where objects are known, of each patch: whether it shows one
 * (`object`), and the `shape`, `color` and `texture` of the object and its domain, of which patches of
 * the background have none. Tokens that are no patches have none of these either.
 */
export function patchLabels(
  {
    arrays,
    attributes,
    domains,
    indices,
  }: Pick<Batch, "arrays" | "attributes" | "domains" | "indices">,
  { grid, tokensPerImage }: ImagePatches,
): SampleLabels {
  const labels: Record<string, (string | number | undefined)[]> = {
    class: Array.from(arrays.labels!.data, Number),
    domain: [...(domains ?? [])],
  };
  if (attributes === undefined) return labels;
  const others = Array<undefined>(tokensPerImage - grid.rows * grid.columns).fill(undefined);
  const names = ["object", "shape", "color", "texture", OBJECT_DOMAIN];
  for (const name of names) labels[name] = [];
  for (const row of indices.keys()) {
    const objects = attributes[row]!;
    const shown = patchObjects(objects, grid).map((at) => objects[at]);
    labels.object!.push(...shown.map((one) => (one ? "object" : "background")), ...others);
    for (const name of ["shape", "color", "texture"] as const) {
      labels[name]!.push(...shown.map((one) => one?.[name]), ...others);
    }
    labels[OBJECT_DOMAIN]!.push(...shown.map((one) => one && domains?.[row]), ...others);
  }
  return labels;
}
