/** All commands, in the order of the help. */
import type { Command, CommandGroup } from "../define-command.ts";
import { agreementDefinition } from "./agreement.ts";
import { captionDefinition } from "./caption.ts";
import { dataDefinition } from "./data.ts";
import { expertsDefinition } from "./derive/experts.ts";
import { mergeDefinition } from "./derive/merge.ts";
import { domainsDefinition } from "./domains.ts";
import { embedDefinition } from "./embed.ts";
import { evalDefinition } from "./eval.ts";
import { generateDefinition } from "./generate.ts";
import { inspectDefinition } from "./inspect.ts";
import { openDefinition } from "./open.ts";
import { parametersDefinition } from "./parameters.ts";
import { predictDefinition } from "./predict.ts";
import { probeDefinition } from "./probe.ts";
import { recipesDefinition } from "./recipes.ts";
import { retrieveDefinition } from "./retrieve.ts";

import { routingDefinition } from "./routing.ts";

import { runsDefinition } from "./runs.ts";

import { trainDefinition } from "./train.ts";
import { zeroShotDefinition } from "./zero-shot.ts";

export const commands: readonly (Command | CommandGroup)[] = [
  trainDefinition,
  evalDefinition,
  recipesDefinition,
  runsDefinition,
  inspectDefinition,
  predictDefinition,
  generateDefinition,
  captionDefinition,
  zeroShotDefinition,
  retrieveDefinition,
  embedDefinition,
  probeDefinition,
  expertsDefinition,
  mergeDefinition,
  domainsDefinition,
  agreementDefinition,
  openDefinition,
  routingDefinition,
  parametersDefinition,
  dataDefinition,
];
