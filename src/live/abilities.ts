/**
 * Creates the abilities of live models per system; a plug-in system provides its own `LiveMaker`.
 */

import { usageError } from "../graph/errors.ts";
import {
  type ClassifierName,
  type LanguageModelName,
  type ModelSettings,
  type SystemName,
  systemOf,
} from "../models/systems.ts";
import { captioner } from "./captioner.ts";
import { diffMoe } from "./diff-moe.ts";
import { systemClassifier } from "./image-classifier.ts";
import { languageModel } from "./language-model.ts";
import { limoe } from "./limoe.ts";
import type { LiveAbilities, LiveSource } from "./source.ts";
import { textClassifier } from "./text-classifier.ts";

/** Creates the abilities of a live model from its settings and weights. */
export type LiveMaker<Settings = ModelSettings> = (
  source: LiveSource<Settings>,
) => LiveAbilities | Promise<LiveAbilities>;

type Common = ClassifierName | LanguageModelName;
type Makers = {
  readonly [Name in Exclude<SystemName, Common>]: LiveMaker<ModelSettings<Name>> | null;
} & { readonly [Name in Common]?: LiveMaker<ModelSettings<Name>> };

const makers: Makers = {
  "classic-mixture": null,
  custom: null,
  "diff-moe": diffMoe,
  limoe,
  seemoe: captioner,
  "text-classifier": textClassifier,
};

/**
 * The abilities of a live model; image classifiers and language models need no maker of their own.
 *
 * @throws UserError (exit code 2) if the system has no live models
 */
export async function abilities(source: LiveSource): Promise<LiveAbilities> {
  const { name, live, classifier, languageModel: continues } = systemOf(source.settings);
  const own = live ?? makers[name as SystemName];
  if (own) return (own as LiveMaker)(source);
  if (classifier !== undefined) return systemClassifier(source);
  if (continues !== undefined) return languageModel(source);
  throw usageError(`model.system ${name} has no live model; give its definition \`live\``);
}
