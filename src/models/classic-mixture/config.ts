import * as z from "zod";
import type { CamelCased } from "../../config/case.ts";
import { usageError } from "../../graph/errors.ts";

/** Settings of the classic mixture of experts. */
export const classicMixtureSchema = z.strictObject({
  system: z.literal("classic-mixture").describe("Name of the system."),
  expert_labels: z
    .array(z.array(z.int().nonnegative()).min(2))
    .min(2)
    .default([
      [0, 1],
      [1, 2],
      [0, 2],
    ])
    .describe("The labels that each expert learns, one list per expert."),
  hidden_width: z
    .int()
    .positive()
    .default(32)
    .describe("Width of the hidden layer of each expert."),
  gate_widths: z
    .array(z.int().positive())
    .default([128, 256, 128])
    .describe("Widths of the hidden layers of the gate."),
  dropout: z
    .number()
    .min(0)
    .lt(1)
    .default(0.1)
    .describe("Dropout after each hidden layer of the gate."),
});

export type ClassicMixtureSettings = CamelCased<z.output<typeof classicMixtureSchema>>;

/**
 * Checks that the labels of each expert are classes of the data, without repetitions.
 *
 * @throws UserError (exit code 2) if a label is unknown or repeated
 *
 * No example: it returns nothing, and throws if a label is wrong.
 */
export function checkExpertLabels(
  { expertLabels }: ClassicMixtureSettings,
  numClasses: number,
): void {
  for (const [e, labels] of expertLabels.entries()) {
    const unknown = labels.find((label) => label >= numClasses);
    if (unknown !== undefined) {
      throw usageError(
        `model.expert_labels: expert ${e} lists label ${unknown}, but the data have labels 0 to ${numClasses - 1}; change the list or the data`,
      );
    }
    const repeated = labels.find((label, i) => labels.indexOf(label) !== i);
    if (repeated !== undefined) {
      throw usageError(
        `model.expert_labels: expert ${e} lists label ${repeated} twice; list each label once`,
      );
    }
  }
}
