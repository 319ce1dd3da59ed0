import { createLanguageModel } from "../../models/systems.ts";
import type { Task, TaskData } from "../task.ts";
import type { TaskOptions } from "../task-maker.ts";
import { languageModeling } from "./task.ts";

/** Learns next-token prediction with the language model of a system. */
export function languageModelTask(
  settings: { readonly system: string },
  { fields, tokenizer: given }: TaskData,
  { seed, session }: Pick<TaskOptions, "seed" | "session">,
): Task {
  const tokenizer = given!; // Data sets of one text have a tokenizer.
  const { vocabularySize } = tokenizer;
  const contextLength = fields.tokens!.shape[0]!;
  const model = createLanguageModel(settings, { vocabularySize });
  return languageModeling(model, { contextLength, tokenizer, seed, session });
}
