/** Labels of image tokens, to measure their association with experts. */
import type { Batch } from "../../data/batches/batch.ts";
import { patchObjects } from "../../inspect/patch-objects.ts";
import type { SampleLabels } from "../../inspect/statistics/routing-statistics.ts";
import type { ImagePatches } from "../../tasks/task.ts";

/** Label of the domain of object patches, to be compared with their shape and colour. */
export const OBJECT_DOMAIN = "domain of objects";

/**
 * Class and domain of each image. If objects are known, also labels of each patch: whether it shows an
 * object (`object`), and the object's `shape`, `color`, `texture` and domain, which background patches
 * lack. Tokens that are not patches have no patch labels.
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
