import type { ImageDataset } from "../../data/dataset.ts";
import { datasets } from "../../data/registry.ts";
import { usageError } from "../../graph/errors.ts";
import { systemOf } from "../../models/systems.ts";
import type { Task, TaskData } from "../task.ts";
import type { TaskOptions } from "../task-maker.ts";
import { imageClassification } from "./images.ts";

/**
 * Learns classes of images with the classifier of any system.
 *
 * @throws UserError (exit code 2) if the data have no classes
 */
export function classifierTask(
  settings: { readonly system: string },
  { dataset, fields }: TaskData,
  options: TaskOptions,
): Task {
  const { classNames } = dataset as ImageDataset;
  const { dataName } = options;
  if (classNames.length === 0) {
    const setting = datasets.find(dataName)?.classesSetting;
    throw usageError(
      `model.system ${settings.system} learns classes, but data.name ${dataName} has none with these settings; change one of them${setting ? `, or set ${setting}` : ""}`,
    );
  }
  const imageShape = fields.images!.shape as readonly [number, number, number];
  const numClasses = classNames.length;
  const classifier = systemOf(settings).classifier!(settings, { numClasses, imageShape });
  return imageClassification(classifier, dataset as ImageDataset, options);
}
