/** The `data` part of a recipe: the settings of one of the data sets. */
import type * as z from "zod";
import type { CamelCased } from "../config/case.ts";
import { registrySchema } from "../config/registry.ts";
import { type DatasetSchema, datasets } from "../data/registry.ts";

/** Accepts plug-in sets after they are added; the type only has built-in sets. */
export const dataSchema = registrySchema(datasets) as unknown as z.ZodType<
  z.output<DatasetSchema>,
  z.input<DatasetSchema>
>;

export type DataConfig = CamelCased<z.output<typeof dataSchema>>;
