/** `model-inputs.json` of a run directory: the properties of its data that the model depends on. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { fromSnakeCase } from "../config/case.ts";
import type { Dataset, ImageShape } from "../data/dataset.ts";
import { readJsonFile } from "../formats/json-file.ts";
import { UserError } from "../graph/errors.ts";

export interface ModelInputs {
  /** Name of the data set. */
  readonly dataset: string;
  /** Empty if the data have no classes. */
  readonly classNames: readonly string[];
  /** Shape of the images before all transforms. */
  readonly images?: ImageShape;
}

const FILE = "model-inputs.json";
const maxBytes = 16 * 2 ** 20;

const side = z.int().positive().max(65_536);
const schema = z.strictObject({
  dataset: z.string(),
  class_names: z.array(z.string()),
  images: z
    .strictObject({ height: side, width: side, channels: z.int().positive().max(4) })
    .optional(),
});

/** The properties of a data set that a model depends on. */
export function modelInputs(dataset: Dataset): ModelInputs {
  const classNames = "classNames" in dataset ? dataset.classNames : [];
  if (dataset.kind !== "image") return { dataset: dataset.name, classNames };
  const { height, width, channels } = dataset.imageShape;
  return { dataset: dataset.name, classNames, images: { height, width, channels } };
}

/**
 * Reads `model-inputs.json`; undefined for runs of older versions, which have none.
 *
 * @throws UserError if the file is damaged
 */
export async function readModelInputs(run: string): Promise<ModelInputs | undefined> {
  const path = join(run, FILE);
  if (!existsSync(path)) return undefined;
  const damaged = (reason: string, cause?: unknown): UserError =>
    new UserError(
      `${path} is damaged: ${reason}; remove it, and the run's data will be opened instead`,
      { cause },
    );
  const content = await readJsonFile(path, maxBytes).catch((cause: Error) => {
    throw damaged(cause.message, cause);
  });
  const { data, error } = schema.safeParse(content);
  if (data === undefined) throw damaged("it does not describe the inputs of a model", error);
  const { images, ...inputs } = fromSnakeCase(data);
  return { ...inputs, ...(images && { images }) };
}
