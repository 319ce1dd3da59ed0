/** The `data` part of a recipe: the settings of one of the data sets. */
import type * as z from "zod";
import type { CamelCased } from "../config/case.ts";
import { datasetSchema } from "../data/registry.ts";

export const dataSchema = datasetSchema;

export type DataConfig = CamelCased<z.output<typeof dataSchema>>;
