/** One long text: Tiny Shakespeare, or your own file. */
import { resolve } from "node:path";
import * as z from "zod";
import type { Split, StreamDataset } from "../dataset.ts";
import { defineDataset } from "../define-dataset.ts";
import { expandFiles } from "../expand-files.ts";
import { dataRoot } from "../read-gzipped.ts";
import { type Files, files, fraction, root } from "../settings/files.ts";
import { splitSpec } from "../settings/split-spec.ts";
import { textKeys } from "../settings/text.ts";
import { splitStream } from "./split.ts";
import { readTextFile } from "./text-file.ts";

/** One UTF-8 text file, to be read in windows. */
export interface TextStreamSpec<Name extends string = string> {
  readonly name: Name;
  readonly split: Split;
  /**
   * Path of the file, relative to the folder of data sets; or several files, or a pattern. The texts of
   * all of them follow each other.
   */
  readonly file: Files;
  /** The column of texts of Parquet files, by default "text"; the texts are joined by line breaks. */
  readonly column?: string;
  /** Folder with one subfolder per data set; by default `MOESAIC_DATA` or `~/.cache/moesaic/data`. */
  readonly root?: string;
  /** Fraction of the text used for validation, by default .1. */
  readonly validationFraction?: number;
  /** Fraction at the end of the text used for the test, by default 0: no test split. */
  readonly testFraction?: number;
}

/** Tiny-shakespeare, from `<root>/tinyshakespeare/input.txt`. */
export type ShakespeareSpec = Omit<TextStreamSpec<"tinyshakespeare">, "file" | "column">;

/** Opens a split of a text file: training first, then validation, then test. */
export async function openTextStream(spec: TextStreamSpec): Promise<StreamDataset> {
  const {
    name,
    split,
    file,
    column = "text",
    root,
    validationFraction = 0.1,
    testFraction = 0,
  } = spec;
  const hint = `set data.root to the folder that contains "${[file].flat()[0]}"`;
  const paths = await expandFiles(dataRoot(root), file);
  const texts: string[] = [];
  for (const path of paths) {
    const full = resolve(dataRoot(root), path);
    const isTable = /\.parquet$/i.test(path);
    texts.push(isTable ? await readColumn(full, column, hint) : await readTextFile(full, { hint }));
  }
  const text = texts.join("");
  return splitStream(name, split, text, { validationFraction, testFraction });
}

async function readColumn(path: string, column: string, hint: string): Promise<string> {
  // Loaded on demand, because every command reads the definitions of data sets.
  const { openParquet } = await import("../../formats/parquet/parquet.ts");
  const file = await openParquet(path, { [column]: "string" }, { hint });
  const lines: string[] = [];
  for await (const group of file.groups()) for (const row of group) lines.push(row[column]!);
  return `${lines.join("\n")}\n`;
}

/**
 * Opens a split of tiny-shakespeare, `<root>/tinyshakespeare/input.txt`: by default the first 90 %
 * are for training and the rest for validation, as in makeMoE, and there is no test split.
 *
 * @example
 * const train = await openShakespeare({ name: "tinyshakespeare", split: "train" });
 * train.text.length; // 1003854
 */
export function openShakespeare(spec: ShakespeareSpec): Promise<StreamDataset> {
  return openTextStream({ ...spec, file: "tinyshakespeare/input.txt" });
}

const streamKeys = {
  root,
  validation_fraction: fraction.describe(
    "Fraction of the samples in the validation split, 0 to 1.",
  ),
  test_fraction: fraction.describe("Fraction of the samples in the test split, 0 to 1."),
  ...textKeys,
};

interface Fractions {
  readonly testFraction?: number | undefined;
}

const hasTestSplit = ({ testFraction = 0 }: Fractions): boolean => testFraction > 0;

/** The definition of Tiny Shakespeare. */
export const tinyshakespeare = defineDataset({
  name: "tinyshakespeare",
  kind: "stream",
  title: "Tiny Shakespeare",
  description: "one text of 1,115,394 characters, for language models",
  terms: "public domain",
  homepage: "https://github.com/karpathy/char-rnn",
  splits: {},
  classNames: [],
  files: [
    {
      name: "input.txt",
      url: "https://raw.githubusercontent.com/karpathy/char-rnn/6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e/data/tinyshakespeare/input.txt",
      bytes: 1_115_394,
      md5: "6fb458f1232090904fb40fe944165e91",
    },
  ],
  schema: z.strictObject({
    name: z.literal("tinyshakespeare").describe("Name of the data set."),
    ...streamKeys,
  }),
  spec: splitSpec,
  open: openShakespeare,
  hasTestSplit,
});

/** The definition of a text file. */
export const textFile = defineDataset({
  name: "text-file",
  kind: "stream",
  title: "Text file",
  description: "your own text, for language models",
  terms: "yours",
  splits: {},
  classNames: [],
  files: [],
  place: "name the file with data.file",
  schema: z.strictObject({
    name: z.literal("text-file").describe("Name of the data set."),
    file: files.describe("The text file, or several."),
    column: z.string().optional().describe("The column of texts, if the file is a Parquet file."),
    ...streamKeys,
  }),
  spec: splitSpec,
  open: (spec: TextStreamSpec<"text-file">) => openTextStream(spec),
  hasTestSplit,
});
