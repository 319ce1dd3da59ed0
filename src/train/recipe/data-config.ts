/** The `data` part of a recipe: one form for each data set. */
import * as z from "zod";
import type { CamelCased } from "../../config/case.ts";
import { imageKeys, pictureKeys } from "./image-config.ts";
import { captionKeys, textColumns, textKeys } from "./text-config.ts";

const fraction = z.number().min(0).max(1);
const count = z.int().positive().optional();

/** Folder with one subfolder per data set. */
const root = z.string().optional();

const filesBySplit = z.strictObject({
  train: z.string(),
  validation: z.string().optional(),
  test: z.string().optional(),
});

const domainKeys = {
  domains: z.array(z.string()).nonempty().optional(),
  /** Domains of which training and validation see nothing. */
  test_domains: z.array(z.string()).nonempty().optional(),
  validation_fraction: fraction.optional(),
  split_seed: z.int().nonnegative().optional(),
};

const imageSets = [
  z.strictObject({
    name: z.literal("shapes"),
    root,
    /** Samples of the generated splits. */
    train_size: count,
    validation_size: count,
    test_size: count,
    /** Side of the images, pixels. */
    image_size: z.int().min(16).max(1024).optional(),
    domains: z
      .array(z.enum(["flat", "outline", "noisy", "inverted"]))
      .nonempty()
      .optional(),
    ...captionKeys,
    ...imageKeys,
  }),
  z.strictObject({
    name: z.literal("fashion-mnist"),
    root,
    validation_size: count,
    ...captionKeys,
    ...imageKeys,
  }),
  z.strictObject({
    name: z.literal("mnist"),
    root,
    validation_size: count,
    ...captionKeys,
    ...imageKeys,
  }),
  z.strictObject({
    name: z.literal("cifar10"),
    root,
    validation_size: count,
    on_broken: pictureKeys.on_broken,
    ...captionKeys,
    ...imageKeys,
  }),
  z.strictObject({
    name: z.literal("flickr8k"),
    root,
    /** Classes derived from the captions, or none. */
    labels: z.enum(["none", "scenes"]).default("none"),
    ...captionKeys,
    ...pictureKeys,
    ...imageKeys,
  }),
  z.strictObject({
    name: z.literal("pacs"),
    root,
    ...domainKeys,
    ...captionKeys,
    ...pictureKeys,
    ...imageKeys,
  }),
  z.strictObject({
    name: z.literal("image-folder"),
    folder: z.string(),
    layout: z.enum(["class", "domain/class"]).default("class"),
    validation_size: count,
    test_size: count,
    ...domainKeys,
    ...captionKeys,
    ...pictureKeys,
    ...imageKeys,
  }),
  z.strictObject({
    name: z.literal("captioned-images"),
    folder: z.string(),
    files: filesBySplit.optional(),
    validation_size: count,
    test_size: count,
    split_seed: z.int().nonnegative().optional(),
    ...captionKeys,
    ...pictureKeys,
    ...imageKeys,
  }),
] as const;

const textSets = [
  z.strictObject({ name: z.literal("sst2"), root, ...textKeys }),
  z.strictObject({
    name: z.literal("ag_news"),
    root,
    validation_size: count,
    test_size: count,
    ...textKeys,
  }),
  z.strictObject({
    name: z.literal("labelled-text"),
    root,
    files: filesBySplit,
    columns: textColumns,
    format: z.enum(["csv", "tsv", "jsonl"]).optional(),
    labels: z.array(z.string()).nonempty().optional(),
    class_names: z.array(z.string()).nonempty().optional(),
    validation_size: count,
    test_size: count,
    ...textKeys,
  }),
  z.strictObject({
    name: z.literal("tinyshakespeare"),
    root,
    validation_fraction: fraction.optional(),
    test_fraction: fraction.optional(),
    ...textKeys,
  }),
  z.strictObject({
    name: z.literal("text-file"),
    root,
    file: z.string(),
    validation_fraction: fraction.optional(),
    test_fraction: fraction.optional(),
    ...textKeys,
  }),
] as const;

const pointSets = [
  z.strictObject({
    name: z.literal("gaussian-shift"),
    root,
    /** Points of the generated splits. */
    train_size: count,
    validation_size: count,
    test_size: count,
  }),
] as const;

export const dataSchema = z.discriminatedUnion("name", [...imageSets, ...textSets, ...pointSets]);

export type DataConfig = CamelCased<z.output<typeof dataSchema>>;
