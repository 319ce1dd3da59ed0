/** Whole systems, each a function of a scope and a batch. */
export { type DiffMoeConfig, diffMoe } from "./diff-moe.ts";
export {
  type ClassificationTask,
  type Classifier,
  createClassifier,
  type ModelSettings,
  modelSchema,
} from "./systems.ts";
export { type VitMoeConfig, vitMoe } from "./vit-moe.ts";
