import { openEnvironments } from "./domains/environments.ts";
import type { Validator } from "./loop.ts";
import type { Training } from "./setup.ts";

/** Opens the data that are scored during training: the validation split, or all splits of each domain. */
export async function openValidator(
  training: Pick<Training, "config" | "loader" | "openSplit" | "createEvaluator">,
): Promise<Validator> {
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
