/** The definition of `shapes`. */
import * as z from "zod";
import { defined } from "../../graph/defined.ts";
import type { Split } from "../dataset.ts";
import { defineDataset } from "../define-dataset.ts";
import { count, root } from "../settings/files.ts";
import { imageKeys } from "../settings/image.ts";
import { generatedLength } from "../settings/split-spec.ts";
import { captionKeys } from "../settings/text.ts";
import { shapesTexts } from "./classes.ts";
import { objectKinds } from "./objects.ts";
import { openShapes } from "./shapes.ts";
import {
  captionDetails,
  colorNames,
  type DomainName,
  domainNames,
  type ObjectPattern,
  shapeNames,
} from "./spec.ts";

const objectCount = z.int().min(1).max(3);
const objectPattern = z
  .strictObject({
    color: z.enum(colorNames).optional().describe("Colour of the object."),
    shape: z.enum(shapeNames).optional().describe("Shape of the object."),
  })
  .refine(({ color, shape }) => color !== undefined || shape !== undefined, {
    error: "an entry of held_out names neither a color nor a shape; give one or both",
  });
const styles = z.array(z.enum(domainNames)).nonempty().optional();
const side = z.int().min(16).max(1024);

const schema = z
  .strictObject({
    name: z.literal("shapes").describe("Name of the data set."),
    root,
    train_size: count.describe("Samples of the generated splits."),
    validation_size: count.describe("Samples of the validation split."),
    test_size: count.describe("Samples of the test split."),
    image_size: side.optional().describe("Side of the images, pixels."),
    captions: z
      .array(z.enum(captionDetails))
      .nonempty()
      .optional()
      .describe("Levels of detail of the captions; training draws one of them."),
    domains: styles.describe("Styles to draw; all except `test_domains` by default."),
    test_domains: styles.describe(
      "Styles excluded from training and validation; the test split draws only these.",
    ),
    objects: z
      .tuple([objectCount, objectCount])
      .optional()
      .describe("Minimum and maximum number of objects in an image; default [1, 3]."),
    held_out: z
      .array(objectPattern)
      .nonempty()
      .optional()
      .describe("Objects excluded from training and validation; the test split draws from all."),
    ...captionKeys,
    ...imageKeys,
  })
  .superRefine(({ objects = [1, 3], held_out = [], ...styles }, context) => {
    const { domains = domainNames, test_domains = [] } = styles;
    if (domains.every((domain) => test_domains.includes(domain))) {
      const message = `test_domains holds out every existing style (${domains.join(", ")}); keep one for training`;
      context.addIssue({ code: "custom", path: ["test_domains"], message });
    }
    const [fewest, most] = objects;
    if (fewest > most) {
      const message = `the minimum number of objects must not exceed the maximum, got [${fewest}, ${most}]`;
      context.addIssue({ code: "custom", path: ["objects"], message });
    }
    const left = objectKinds(held_out as ObjectPattern[]).length;
    if (left < most) {
      const message = `held_out leaves ${left} of ${objectKinds().length} combinations of color and shape, fewer than the ${most} objects of an image; hold out less`;
      context.addIssue({ code: "custom", path: ["held_out"], message });
    }
  });

interface Styles {
  readonly domains?: readonly DomainName[] | undefined;
  readonly testDomains?: readonly DomainName[] | undefined;
}

/** The styles that a split draws. */
function stylesOf({ domains, testDomains }: Styles, split: Split) {
  if (testDomains === undefined) return domains;
  if (split === "test") return testDomains;
  return (domains ?? domainNames).filter((domain) => !testDomains.includes(domain));
}

/** The definition of the generated shapes. */
export const shapes = defineDataset({
  name: "shapes",
  kind: "image",
  title: "Shapes",
  description: "generated RGB images of one to three coloured shapes, with captions; 8 classes",
  terms: "generated here, free to use",
  splits: { train: 50_000, validation: 2000, test: 2000 },
  classNames: shapeNames,
  ...shapesTexts,
  files: [],
  generated: true,
  schema,
  spec(settings, split, seed) {
    const { name, imageSize: size, objects, captions, heldOut } = settings;
    return {
      name,
      split,
      seed,
      ...generatedLength(settings, split),
      ...defined({ size, domains: stylesOf(settings, split), objects, captions }),
      ...(heldOut !== undefined && split !== "test" && { exclude: heldOut as ObjectPattern[] }),
    };
  },
  open: openShapes,
  describe: ({ imageSize = 32 }) => ({
    classNames: shapeNames,
    imageShape: { height: imageSize, width: imageSize, channels: 3 },
    captions: true,
  }),
  domains: () => domainNames,
  inDomain: (spec, domain, length) => ({ ...spec, domains: [domain as DomainName], length }),
  optionsForModel: ({ seed, size }) => ({ seed, ...(side.safeParse(size).success && { size }) }),
});
