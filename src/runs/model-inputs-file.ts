/** `model-inputs.json` of a run directory: what a model needs to know of the run's data. */
import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { fromSnakeCase } from "../config/case.ts";
import type { Dataset, ImageShape } from "../data/dataset.ts";
import { UserError } from "../graph/errors.ts";

export interface ModelInputs {
  /** Name of the data set. */
  readonly dataset: string;
  /** Empty where the data have no classes. */
  readonly classNames: readonly string[];
  /** Images as the run reads them, before any transform. */
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

/** What the data of a run say to its model. */
export function modelInputs(dataset: Dataset): ModelInputs {
  const classNames = "classNames" in dataset ? dataset.classNames : [];
  if (dataset.kind !== "image") return { dataset: dataset.name, classNames };
  const { height, width, channels } = dataset.imageShape;
  return { dataset: dataset.name, classNames, images: { height, width, channels } };
}

/**
 * What a run directory holds; undefined for runs of versions that wrote none.
 *
 * @throws UserError where the file is damaged
 */
export async function readModelInputs(run: string): Promise<ModelInputs | undefined> {
  const path = join(run, FILE);
  if (!existsSync(path)) return undefined;
  const damaged = (reason: string, cause?: unknown): UserError =>
    new UserError(
      `${path} is damaged: ${reason}; remove it, and the run's data will be opened instead`,
      { cause },
    );
  const { size } = await stat(path);
  if (size > maxBytes) throw damaged(`it has ${size} bytes`);
  try {
    const { images, ...inputs } = fromSnakeCase(
      schema.parse(JSON.parse(await readFile(path, "utf8"))),
    );
    return { ...inputs, ...(images && { images }) };
  } catch (cause) {
    throw damaged("it does not say what the model reads", cause);
  }
}
