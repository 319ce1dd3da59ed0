/** Settings of data sets in files: folders, sizes of splits, domains. */
import { homedir } from "node:os";
import * as z from "zod";
import type { Split } from "../dataset.ts";

/** A path in which a leading `~` is the home folder, as in a shell. */
export const path = z
  .string()
  .overwrite((value) => value.replace(/^~(?=$|[/\\])/, () => homedir()));

/** Folder with one subfolder per data set; by default `MOESAIC_DATA` or `~/.cache/moesaic/data`. */
export const root = path
  .optional()
  .describe(
    "Folder with one subfolder per data set; by default MOESAIC_DATA or ~/.cache/moesaic/data.",
  );

/** A number of samples. */
export const count = z.int().positive().optional();

/** A fraction of the samples, from 0 to 1. */
export const fraction = z.number().min(0).max(1).optional();

/** A file, or several: names, or patterns with `*`, `**` and `?`. */
export const files = z.union([path, z.array(path).nonempty()]);

/** Files per split, of which training needs some. */
export const filesBySplit = z.strictObject({
  train: files.describe("Files of the training split."),
  validation: files.optional().describe("Files of the validation split."),
  test: files.optional().describe("Files of the test split."),
});

/** The files of a split, or of all splits. */
export type Files = string | readonly string[];
export type FilesBySplit = { readonly train: Files } & Readonly<Partial<Record<Split, Files>>>;

/** What separates the fields of CSV files; by default a comma, tab or semicolon by the first line. */
export const separator = z
  .enum(["comma", "semicolon", "tab"])
  .optional()
  .describe(
    "What separates the fields of CSV files; by default a comma, tab or semicolon by the first line.",
  );

/** The folder of the pictures that lists name. */
export const picturesFolder = z
  .string()
  .optional()
  .describe("The folder of the pictures within the folder, at which paths in lists start.");

/** Keys of sets that set samples of `train` aside for missing splits. */
export const setAsideKeys = {
  validation_size: count.describe("Samples of the validation split."),
  test_size: z.int().nonnegative().optional().describe("0 for no test split."),
  split_seed: z
    .int()
    .nonnegative()
    .optional()
    .describe("Seed of the permutation that sets samples aside; default 0."),
};

/** Keys of stored sets with domains. */
export const domainKeys = {
  domains: z.array(z.string()).nonempty().optional().describe("Domains to use; all by default."),
  test_domains: z
    .array(z.string())
    .nonempty()
    .optional()
    .describe("Domains that training and validation never show."),
  validation_fraction: fraction.describe(
    "Fraction of the samples in the validation split, 0 to 1.",
  ),
  split_seed: z
    .int()
    .nonnegative()
    .optional()
    .describe("Seed of the permutation that draws the validation split."),
};
