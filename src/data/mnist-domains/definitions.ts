/** Definitions of MNIST and Fashion-MNIST in several domains. */
import * as z from "zod";
import type { ImageShape } from "../dataset.ts";
import { defineDataset } from "../define-dataset.ts";
import { count, domainKeys, root } from "../settings/files.ts";
import { imageKeys } from "../settings/image.ts";
import { splitSpec } from "../settings/split-spec.ts";
import { captionKeys } from "../settings/text.ts";
import { classesOf, openMnistDomains } from "./mnist-domains.ts";
import {
  colorings,
  type MnistDomainsName,
  type MnistDomainsSpec,
  mnistSources,
  rotations,
} from "./spec.ts";

interface Kind<Domains extends readonly string[]> {
  readonly title: string;
  readonly description: string;
  readonly domains: Domains;
  readonly channels: ImageShape["channels"];
}

const rotated = {
  title: "Rotated",
  description: "turned by 0 to 75 degrees, six domains; 10 classes",
  domains: rotations,
  channels: 1,
} as const;

const colored = {
  title: "Coloured",
  description: "colour matches the label in 90, 80 and 10 % of cases, three domains; 2 classes",
  domains: colorings,
  channels: 3,
} as const;

function define<const Name extends MnistDomainsName, const Domains extends readonly string[]>(
  name: Name,
  kind: Kind<Domains>,
) {
  const source = mnistSources[name];
  const digits = source === "mnist";
  const title = digits ? "MNIST" : "Fashion-MNIST";
  const list = z.array(z.enum(kind.domains)).nonempty().optional();
  const classNames = classesOf(name);
  const imageShape = { height: 28, width: 28, channels: kind.channels };
  return defineDataset({
    name,
    kind: "image",
    title: `${kind.title} ${title}`,
    description: `${title} ${kind.description}`,
    terms: digits ? "CC BY-SA 3.0" : "MIT",
    homepage: "https://github.com/facebookresearch/DomainBed",
    splits: { train: 70_000 },
    classNames,
    files: [],
    place: `run "moesaic data get ${source}": it is made of those files`,
    schema: z.strictObject({
      name: z.literal(name).describe("Name of the data set."),
      root,
      ...domainKeys,
      domains: list.describe("Domains to use; all by default."),
      test_domains: list.describe("Domains that training and validation never show."),
      samples: count.describe("Number of images, drawn from all 70,000."),
      ...captionKeys,
      ...imageKeys,
    }),
    spec: (settings, split) => ({ ...splitSpec(settings, split), name }),
    open: (spec: MnistDomainsSpec<Name>) => openMnistDomains(spec),
    describe: () => ({ classNames, imageShape }),
    hasTestSplit: ({ testDomains }) => testDomains !== undefined,
    domains: () => kind.domains,
  });
}

/** The definition of rotated MNIST. */
export const rotatedMnist = define("rotated-mnist", rotated);
/** The definition of rotated Fashion-MNIST. */
export const rotatedFashionMnist = define("rotated-fashion-mnist", rotated);
/** The definition of coloured MNIST. */
export const coloredMnist = define("colored-mnist", colored);
/** The definition of coloured Fashion-MNIST. */
export const coloredFashionMnist = define("colored-fashion-mnist", colored);
