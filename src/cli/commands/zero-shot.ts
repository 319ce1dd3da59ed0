import { defineCommand } from "../define-command.ts";
import { option, text } from "../option.ts";
import { checkpoint, common, imageOptions, imageRules, run } from "../options.ts";

const notes = `
Each label replaces {} in every template; the mean embedding of these sentences represents the label.
--labels defaults to the classes of the data set, --templates to templates for the data set. With --labels,
a data set is scored if the number of labels equals its number of classes; the order must match. Other
labels get counts instead of an accuracy.
`;

/** `moesaic zero-shot` */
export const zeroShotDefinition = defineCommand({
  name: "zero-shot",
  summary: "classify images by the names of classes",
  description: "Classifies images by the names of classes, with an image-text model.",
  arguments: [run],
  options: {
    labels: option("<list|file>", "comma-separated names, or a file with one name per line", text),
    templates: option("<template...>", "sentences with {}, or a file with one per line", text, {
      many: true,
    }),
    ...imageOptions,
    checkpoint,
    ...common,
  },
  rules: imageRules,
  notes,
  examples: [
    "moesaic zero-shot runs/quickstart",
    'moesaic zero-shot runs/limoe --data cifar10 --templates "a photo of a {}" "a small {}"',
    'moesaic zero-shot runs/limoe --images holiday --labels "a beach,a mountain" --templates "{}"',
  ],
  load: async () => (await import("./run/zero-shot.ts")).zeroShotCommand,
});
