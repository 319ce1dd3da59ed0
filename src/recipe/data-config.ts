/** The `data` part of a recipe: one form for each data set. */
import * as z from "zod";
import type { CamelCased } from "../config/case.ts";
import { colorings, rotations } from "../data/mnist-domains/spec.ts";
import { objectKinds } from "../data/shapes/objects.ts";
import {
  captionDetails,
  colorNames,
  domainNames,
  type ObjectPattern,
  shapeNames,
} from "../data/shapes/spec.ts";
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

/** Where tables keep pictures and captions; by default known names are looked for. */
const pairColumns = z.strictObject({
  image: z.string().optional(),
  encoding: z.enum(["path", "base64"]).optional(),
  /** One column, or several with a caption each. */
  captions: z.union([z.string(), z.array(z.string()).nonempty()]).optional(),
});

const domainKeys = {
  domains: z.array(z.string()).nonempty().optional(),
  /** Domains of which training and validation see nothing. */
  test_domains: z.array(z.string()).nonempty().optional(),
  validation_fraction: fraction.optional(),
  split_seed: z.int().nonnegative().optional(),
};

const objectCount = z.int().min(1).max(3);
const objectPattern = z
  .strictObject({ color: z.enum(colorNames).optional(), shape: z.enum(shapeNames).optional() })
  .refine(({ color, shape }) => color !== undefined || shape !== undefined, {
    error: "an entry of held_out names neither a color nor a shape; give one or both",
  });

const shapes = z
  .strictObject({
    name: z.literal("shapes"),
    root,
    /** Samples of the generated splits. */
    train_size: count,
    validation_size: count,
    test_size: count,
    /** Side of the images, pixels. */
    image_size: z.int().min(16).max(1024).optional(),
    /** What the captions of a sample say; training takes one of them. */
    captions: z.array(z.enum(captionDetails)).nonempty().optional(),
    /** Styles to draw; all but `test_domains` by default. */
    domains: z.array(z.enum(domainNames)).nonempty().optional(),
    /** Styles that training and validation never show; the test draws these alone. */
    test_domains: z.array(z.enum(domainNames)).nonempty().optional(),
    /** Fewest and most objects in an image; default [1, 3]. */
    objects: z.tuple([objectCount, objectCount]).optional(),
    /** Objects that training and validation never show; the test draws from all. */
    held_out: z.array(objectPattern).nonempty().optional(),
    ...captionKeys,
    ...imageKeys,
  })
  .superRefine(({ objects = [1, 3], held_out = [], ...styles }, context) => {
    const { domains = domainNames, test_domains = [] } = styles;
    if (domains.every((domain) => test_domains.includes(domain))) {
      const message = `test_domains holds out every style that there is (${domains.join(", ")}); leave one to train on`;
      context.addIssue({ code: "custom", path: ["test_domains"], message });
    }
    const [fewest, most] = objects;
    if (fewest > most) {
      const message = `the fewest objects must be at most the most, got [${fewest}, ${most}]`;
      context.addIssue({ code: "custom", path: ["objects"], message });
    }
    const left = objectKinds(held_out as ObjectPattern[]).length;
    if (left < most) {
      const message = `held_out leaves ${left} of ${objectKinds().length} combinations of color and shape to draw, fewer than the ${most} objects of an image; hold out less`;
      context.addIssue({ code: "custom", path: ["held_out"], message });
    }
  });

/** MNIST or Fashion-MNIST in several domains. */
function mnistDomains<
  const Names extends readonly string[],
  const Domains extends readonly string[],
>(names: Names, domains: Domains) {
  const list = z.array(z.enum(domains)).nonempty().optional();
  return z.strictObject({
    name: z.enum(names),
    root,
    ...domainKeys,
    domains: list,
    test_domains: list,
    /** Images used, drawn from all 70,000. */
    samples: count,
    ...captionKeys,
    ...imageKeys,
  });
}

const imageSets = [
  shapes,
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
  mnistDomains(["rotated-mnist", "rotated-fashion-mnist"], rotations),
  mnistDomains(["colored-mnist", "colored-fashion-mnist"], colorings),
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
    /** Lists (CSV, TSV, JSONL) or Parquet files within the folder; by default known names. */
    files: filesBySplit.optional(),
    columns: pairColumns.optional(),
    validation_size: count,
    /** 0 for no test split. */
    test_size: z.int().nonnegative().optional(),
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
