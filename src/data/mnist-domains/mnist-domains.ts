/** MNIST and Fashion-MNIST in several domains: rotated, or coloured. */
import { usageError } from "../../graph/errors.ts";
import { foldIn, key, permutation } from "../../random/index.ts";
import { checkIndex, type ImageDataset, type ImageSample } from "../dataset.ts";
import { fashionMnistClasses, mnistClasses } from "../fashion-mnist/classes.ts";
import { type IdxImages, readIdxImages } from "../fashion-mnist/fashion-mnist.ts";
import { domainMembers } from "../images/domain-splits.ts";
import { colorClasses, colorImage, colorLabel } from "./color.ts";
import { rotateImage } from "./rotate.ts";
import {
  colorings,
  type MnistDomainsName,
  type MnistDomainsSpec,
  mnistSources,
  rotations,
} from "./spec.ts";

/**
 * Opens a split of a rotated or coloured set, built as DomainBed builds it (arXiv:2007.01434): training
 * and test files together, shuffled by `splitSeed`; image i belongs to domain i modulo the number of domains.
 * The rotated sets turn each image by the angle of its domain; the coloured ones have two classes and
 * colours that correlate with them (see `colorLabel`). Images are made on demand.
 *
 * @example
 * const test = await openMnistDomains({ name: "rotated-mnist", split: "test", testDomains: ["75"] });
 */
export async function openMnistDomains(spec: MnistDomainsSpec): Promise<ImageDataset> {
  const { name, split, splitSeed = 0 } = spec;
  const source = mnistSources[name];
  const colored = isColored(name);
  const names = domainsOf(name);
  const { height, width, get, length } = joined([
    await readIdxImages(source, "train", spec.root),
    await readIdxImages(source, "t10k", spec.root),
  ]);
  const seed = foldIn(foldIn(key(splitSeed), "domains"), name);
  const order = permutation(seed, length).subarray(0, checkSamples(spec, length));
  const domainOf = (place: number): string => names[place % names.length]!;
  const members = domainMembers(
    name,
    split,
    Array.from(order, (_, place) => domainOf(place)),
    spec,
  );
  const opened = names.filter((one) => members.some((place) => domainOf(place) === one));

  const make = (index: number): ImageSample => {
    const place = members[index]!;
    const domain = domainOf(place);
    const stored = get(order[place]!);
    const shape = { height, width, domain, index };
    if (!colored) {
      const image = rotateImage(stored.image, { height, width }, Number(domain));
      return { ...shape, image, label: stored.label, channels: 1 };
    }
    const { label, color } = colorLabel(foldIn(seed, order[place]!), stored.label, domain);
    return { ...shape, image: colorImage(stored.image, color), label, channels: 3 };
  };
  return {
    kind: "image",
    name,
    split,
    length: members.length,
    classNames: classesOf(name),
    imageShape: { height, width, channels: colored ? 3 : 1 },
    domains: { names: opened, of: (index) => opened.indexOf(domainOf(members[index]!)) },
    get: (index) => {
      checkIndex(index, members.length, `${name} ${split}`);
      return make(index);
    },
  };
}

function isColored(name: MnistDomainsName): boolean {
  return name.startsWith("colored");
}

/** The domains of a set. */
export function domainsOf(name: MnistDomainsName): readonly string[] {
  return isColored(name) ? colorings : rotations;
}

/** The classes of a set, in label order. */
export function classesOf(name: MnistDomainsName): readonly string[] {
  if (isColored(name)) return colorClasses;
  return mnistSources[name] === "mnist" ? mnistClasses.classNames : fashionMnistClasses.classNames;
}

/** The images of several files, concatenated. */
function joined(files: readonly IdxImages[]) {
  const [{ height, width }] = files as [IdxImages];
  const bytes = height * width;
  return {
    height,
    width,
    length: files.reduce((sum, { labels }) => sum + labels.length, 0),
    get(index: number): { image: Uint8Array; label: number } {
      let at = index;
      const file = files.find(({ labels }) => {
        if (at < labels.length) return true;
        at -= labels.length;
        return false;
      })!;
      return { image: file.images.subarray(at * bytes, (at + 1) * bytes), label: file.labels[at]! };
    },
  };
}

function checkSamples({ name, samples }: MnistDomainsSpec, length: number): number {
  if (samples === undefined) return length;
  if (Number.isInteger(samples) && samples >= 1 && samples <= length) return samples;
  throw usageError(`${name}: samples must be a whole number from 1 to ${length}, got ${samples}`);
}
