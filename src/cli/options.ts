/** Options that several commands share, and their rules. */
import { usageError } from "../graph/errors.ts";
import { argument } from "./define-command.ts";
import {
  choice,
  flag,
  flagOff,
  flagPair,
  number,
  option,
  text,
  type Values,
  whole,
} from "./option.ts";
import { conflicts, requires } from "./rules.ts";

export const run = argument("<run>", "run directory");

export const json = flag("print only JSON on stdout");

/** Options of every command that reads a recipe, a run or a data set. */
export const common = {
  plugin: option(
    "<module>",
    "file or package with routers, losses, systems or data sets; repeatable",
    text,
    { many: true },
  ),
  json,
};
export type CommonOptions = Values<typeof common>;

/** `best`, `latest` or a step. */
const checkpointChoice = (given: string, flag: string): "best" | "latest" | number => {
  if (given === "best" || given === "latest") return given;
  if (/^\d{1,15}$/.test(given)) return Number(given);
  throw usageError(`${flag} takes best, latest or a step, got "${given}"`);
};

export const checkpoint = option("<which>", "best, latest or a step", checkpointChoice, {
  default: "best",
});

/** How the weights of a checkpoint from the hub are held. */
export const weights = option(
  "<type>",
  "element type in which a checkpoint from the hub is held: float32, bfloat16, or auto for what fits into memory",
  choice("auto", "float32", "bfloat16"),
  { default: "auto" },
);

/** A split, `fallback` by default. */
export function splitOption(fallback: "validation" | "test") {
  const splits = choice("train", "validation", "test");
  return option("<name>", "train, validation or test", splits, { default: fallback });
}

export const data = option(
  "<name|dir>",
  "another data set, or a folder with one folder per class",
  text,
);

/** The images that a command reads. */
export const imageOptions = {
  data,
  split: splitOption("test"),
  images: option("<dir>", "all images in a folder and its subfolders", text),
  onBroken: option(
    "<what>",
    "skip (default) or stop at an image that cannot be decoded",
    choice("skip", "stop"),
  ),
};
export type ImageOptions = Values<typeof imageOptions>;

export const imageRules = [
  conflicts("images", ["data", "split"], "it reads a folder instead of a data set"),
];

/** Sampling, beam search and output of commands that write texts. */
export const generationOptions = {
  topK: option("<count>", "sample from this many most probable tokens", whole(1)),
  topP: option(
    "<fraction>",
    "sample from the smallest set of tokens with this total probability",
    number(),
  ),
  repetitionPenalty: option("<number>", "above 1 for fewer repetitions (default: 1)", number()),
  seed: option("<number>", "seed of the random numbers", whole(0), { default: 0 }),
  beams: option("<count>", "use beam search with this many beams", whole(1)),
  lengthPenalty: option("<alpha>", "above 0 for longer texts in beam search", number(), {
    default: 0,
  }),
  stream: flagPair(
    "print the text as it grows (default: on a terminal)",
    "print the text when it is complete",
  ),
  cache: flagOff("reread the whole context for every token: equal text, slower"),
  experts: flag("print JSON with the experts of every token in every layer"),
  checkpoint,
  ...common,
};
export type GenerationOptions = Values<typeof generationOptions>;

export const generationRules = [
  conflicts("beams", ["topK", "topP", "seed"], "beam search does not sample"),
  conflicts("experts", ["beams"], "it shows the experts of one text per prompt"),
  conflicts("stream", ["beams", "json", "experts"], "it prints one text as it grows"),
  requires(["lengthPenalty"], "beams", "it ranks the results of beam search"),
];

/** `--temperature`, with the temperature that commands use by default. */
export function temperatureOption(fallback: number) {
  const help = "above 0 samples tokens, 0 takes the most probable token";
  return option("<number>", help, number(), { default: fallback });
}
