/** Names of classes in the metadata of Parquet files, as the library `datasets` of the Hub writes them. */

import * as z from "zod";

const feature = z.looseObject({
  _type: z.string().optional(),
  names: z.array(z.string()).optional(),
});
const metadata = z.looseObject({
  info: z.looseObject({ features: z.record(z.string(), z.unknown()) }),
});

/**
 * The names of the classes of a column, by label; undefined if the metadata have none.
 *
 * @param text value of the metadata key "huggingface"
 */
export function classLabelNames(
  text: string | undefined,
  column: string,
): readonly string[] | undefined {
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const found = metadata.safeParse(value).data?.info.features[column];
  const { _type, names } = feature.safeParse(found).data ?? {};
  return _type === "ClassLabel" ? names : undefined;
}
