/** Options that several commands share. */
import type { OptionDefinition } from "./define-command.ts";

export const jsonOption: OptionDefinition = {
  flags: "--json",
  help: "print JSON alone on stdout",
};

export const checkpointOption: OptionDefinition = {
  flags: "--checkpoint <which>",
  help: "best or latest",
  default: "best",
};

/** Loads modules with routers, losses, systems or data sets before the command runs. */
export const pluginOption: OptionDefinition = {
  flags: "--plugin <module>",
  help: "module with definitions to load first; repeatable",
  repeatable: true,
};

/** The images that a command reads. */
export const imageOptions: readonly OptionDefinition[] = [
  { flags: "--data <name|dir>", help: "another data set, or a folder with one folder per class" },
  { flags: "--split <name>", help: "train, validation or test (default: test)" },
  { flags: "--images <dir>", help: "all pictures in a folder and its subfolders" },
  {
    flags: "--on-broken <what>",
    help: "skip (default) or stop at a picture that cannot be decoded",
  },
];

/** Sampling and beam search; `noun` is what the model writes, in the plural. */
export function generationOptions(noun: string, temperature: string): readonly OptionDefinition[] {
  return [
    { flags: "--temperature <number>", help: temperature },
    { flags: "--top-k <count>", help: "sample from this many most probable tokens" },
    {
      flags: "--top-p <fraction>",
      help: "sample from the smallest set of tokens with this total probability",
    },
    {
      flags: "--repetition-penalty <number>",
      help: "above 1 for fewer repetitions (default: 1)",
    },
    { flags: "--seed <number>", help: "seed of the random numbers (default: 0)" },
    { flags: "--beams <count>", help: "use beam search with this many beams" },
    {
      flags: "--length-penalty <alpha>",
      help: `above 0 for longer ${noun} in beam search (default: 0)`,
    },
    checkpointOption,
  ];
}
