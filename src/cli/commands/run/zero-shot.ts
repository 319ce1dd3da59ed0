import { classTemplates, labelTemplates } from "../../../data/text/class-templates.ts";
import { type ClassAccuracy, classAccuracy } from "../../../evaluate/class-accuracy.ts";
import { largest } from "../../../evaluate/similarity.ts";
import {
  type ClassScores,
  classEmbeddings,
  classPrompts,
  probabilities,
  zeroShotLogits,
} from "../../../evaluate/zero-shot.ts";
import { defined } from "../../../graph/defined.ts";
import { usageError } from "../../../graph/errors.ts";
import { knownProperties } from "../../../recipe/data-specs.ts";
import type { ImageSource } from "../../../recipe/image-source.ts";
import type { CheckpointChoice } from "../../../runs/checkpoints/choose-checkpoint.ts";
import { type OpenedEmbedder, openEmbedder } from "../../../runs/open-embedder.ts";
import { type Context, printJson } from "../../context.ts";
import {
  embedHooks,
  imageName,
  imageRequest,
  openSource,
  requireClasses,
  sourceName,
} from "../../image-options.ts";
import type { CommonOptions, ImageOptions } from "../../options.ts";
import { createProgress, formatMetric } from "../../progress.ts";
import { printTable } from "../../table.ts";
import { parseLabels, parseTemplates } from "../../text-lists.ts";

export interface ZeroShotOptions extends CommonOptions, ImageOptions {
  readonly labels: string | undefined;
  readonly templates: readonly string[] | undefined;
  readonly checkpoint: CheckpointChoice;
}

/** Labels shown for a single image. */
const SHOWN = 3;

/** `moesaic zero-shot`: classifies images by the names of classes. */
export async function zeroShotCommand(
  context: Context,
  run: string,
  options: ZeroShotOptions,
): Promise<number> {
  const { checkpoint } = options;
  const request = imageRequest(options, { classes: true });
  const given = options.labels === undefined ? undefined : await parseLabels(options.labels);
  const ownTemplates = options.templates && (await parseTemplates(options.templates));
  if (ownTemplates !== undefined) classPrompts(["any"], ownTemplates); // Invalid options are refused before work begins.
  using progress = createProgress(context.err);
  using opened = await openEmbedder(run, { checkpoint });
  const source = await openSource(opened, request, progress);
  const ofDataset = source.paths === undefined;
  const known = ofDataset ? source.dataset.classNames : await runClasses(opened);
  const labels = chooseLabels(source, given, known);
  const scored = ofDataset && labels.length === known.length;
  const set = ofDataset ? source.dataset.name : opened.config.data.name;
  const areClasses = labels.every((label) => known.includes(label));
  const templates = ownTemplates ?? (areClasses ? classTemplates(set) : labelTemplates(set));

  const prompts = classPrompts(labels, templates);
  noteAlike(context, opened, labels);
  const rows = await opened.embedTexts(prompts, embedHooks(progress, "prompt"));
  const classes = classEmbeddings(rows, templates.length);
  const images = await opened.embedImages(source, embedHooks(progress, "image"));
  progress.close();
  const logits = zeroShotLogits(images, classes, opened.scale);
  const about = { run, step: opened.checkpoint.step, source: sourceName(source), templates };
  if (scored) {
    const accuracy = classAccuracy(logits, images.labels);
    if (options.json) printJson(context, { ...about, ...accuracyJson(accuracy, labels) });
    else printAccuracy(context, accuracy, labels);
  } else {
    const best = bestLabels(probabilities(logits), labels, source);
    if (options.json) printJson(context, { ...about, images: best });
    else if (ofDataset) printByLabel(context, best, labels, { classes: images.labels, known });
    else printBest(context, best);
    if (ofDataset) {
      const reason = `${labels.length} labels for ${known.length} classes`;
      context.err.line(`no accuracy: ${reason}; pass one label for each class to get one`);
    }
  }
  return 0;
}

/** Names of the classes of the run's own data. */
async function runClasses({ config, openImages }: OpenedEmbedder): Promise<readonly string[]> {
  const known = knownProperties(config.data).classNames;
  if (known !== undefined) return known;
  const { dataset } = await openImages({ split: "validation" });
  return dataset.classNames;
}

/** Notes labels that have equal tokens. */
function noteAlike(
  { err }: Context,
  { tokenizer }: OpenedEmbedder,
  labels: readonly string[],
): void {
  const read = labels.map((label) => tokenizer.encode(label).join());
  const alike = labels.filter((_, at) => read.indexOf(read[at]!) !== read.lastIndexOf(read[at]!));
  if (alike.length === 0) return;
  const first = alike.slice(0, 4).join(", ");
  err.line(
    `${alike.length} of ${labels.length} labels have the same tokens as another label (${first}${alike.length > 4 ? " ..." : ""}); use words of the training texts`,
  );
}

function chooseLabels(
  { dataset, paths }: ImageSource,
  given: readonly string[] | undefined,
  known: readonly string[],
): readonly string[] {
  if (given === undefined) {
    if (paths === undefined) requireClasses(dataset);
    if (known.length > 0) return known;
    throw usageError("the data set of the run has no classes; pass --labels");
  }
  return given;
}

function accuracyJson(
  { accuracy, top5, perClass, confusion }: ClassAccuracy,
  labels: readonly string[],
) {
  return {
    num_images: confusion.flat().reduce((sum, count) => sum + count, 0),
    zero_shot_accuracy: accuracy,
    ...defined({ zero_shot_top5_accuracy: top5 }),
    labels,
    class_accuracy: perClass,
    confusion,
  };
}

function printAccuracy(
  { out }: Context,
  { accuracy, top5, perClass, confusion }: ClassAccuracy,
  labels: readonly string[],
): void {
  const rows = labels.map((label, c) => {
    const row = confusion[c]!;
    const wrong = row.map((count, other) => (other === c ? 0 : count));
    const [most] = largest(wrong, 1);
    const total = row.reduce((sum, count) => sum + count, 0);
    const own = perClass[c] === null ? "-" : formatMetric(perClass[c]!);
    const mistaken = wrong[most!]! > 0 ? `${labels[most!]} (${wrong[most!]})` : "";
    return [label, total, own, mistaken];
  });
  printTable(out, ["label", "images", "accuracy", "most often confused with"], rows);
  out.line();
  out.line(`zero_shot_accuracy ${formatMetric(accuracy)}`);
  if (top5 !== undefined) out.line(`zero_shot_top5_accuracy ${formatMetric(top5)}`);
}

interface LabelledImage {
  readonly image: string;
  readonly labels: readonly { readonly label: string; readonly probability: number }[];
}

function bestLabels(
  { data, numClasses }: ClassScores,
  labels: readonly string[],
  source: ImageSource,
): LabelledImage[] {
  return Array.from({ length: data.length / numClasses }, (_, n) => {
    const row = data.subarray(n * numClasses, (n + 1) * numClasses);
    const best = largest(row, SHOWN).map((c) => ({ label: labels[c]!, probability: row[c]! }));
    return { image: imageName(source, n), labels: best };
  });
}

function printBest({ out }: Context, images: readonly LabelledImage[]): void {
  const rows = images.map(({ image, labels }) => [
    image,
    ...labels.map(({ label, probability }) => `${label} ${(100 * probability).toFixed(1)} %`),
  ]);
  const numbers = images[0]!.labels.map((_, at) => `label ${at + 1}`);
  printTable(out, ["image", ...numbers], rows);
}

/** How many images of a data set each label got, and the classes that most of them belong to. */
function printByLabel(
  { out }: Context,
  images: readonly LabelledImage[],
  labels: readonly string[],
  { classes, known }: { readonly classes: ArrayLike<number>; readonly known: readonly string[] },
): void {
  const rows = labels.map((label) => {
    const chosen = images.flatMap(({ labels: [first] }, n) => (first!.label === label ? [n] : []));
    const probability = chosen.reduce((sum, n) => sum + images[n]!.labels[0]!.probability, 0);
    const counts = known.map((_, c) => chosen.filter((n) => classes[n] === c).length);
    const most = largest(counts, SHOWN).filter((c) => counts[c]! > 0);
    return [
      label,
      chosen.length,
      chosen.length > 0 ? `${((100 * probability) / chosen.length).toFixed(1)} %` : "-",
      most.map((c) => `${known[c]} (${counts[c]})`).join(", "),
    ];
  });
  printTable(out, ["label", "images", "mean probability", "most frequent classes"], rows);
}
