import { openEnvironments } from "./domains/environments.ts";
import type { Validation } from "./loop.ts";
import type { Training } from "./setup.ts";

/** Scores the weights of a training as they are. */
export interface Validator {
  validate(): Promise<Validation>;
  dispose(): Promise<void>;
}

/** Opens what is scored while training goes on: the validation split, or every domain's splits. */
export async function openValidator(training: Training): Promise<Validator> {
  if (training.config.train.samplesPerDomain !== undefined) {
    return openEnvironments(training);
  }
  const loader = await training.openSplit("validation");
  try {
    const evaluator = await training.createEvaluator();
    return {
      validate: async () => ({ scores: await evaluator.run(loader) }),
      async dispose() {
        evaluator.dispose();
        await loader.dispose();
      },
    };
  } catch (error) {
    await loader.dispose();
    throw error;
  }
}
