/** Answers inputs with a live model, in batches. */
import { countRows, largest, normalizeRows } from "../../evaluate/similarity.ts";
import {
  classEmbeddings,
  classPrompts,
  probabilities,
  zeroShotLogits,
} from "../../evaluate/zero-shot.ts";
import { UserError, usageError } from "../../graph/errors.ts";
import type { RecordedImage } from "../../inspect/types/image.ts";
import type { LiveModel } from "../types.ts";
import type {
  ClassesPrediction,
  DecodeImage,
  LoadedModel,
  Prediction,
  PredictOptions,
  SimilaritiesPrediction,
} from "./predictions.ts";

const BATCH = 64;
const TOP = 5;

/** Answers inputs with `model`; `decode` reads images. */
export function createPredictor<Image>(
  model: LiveModel,
  decode: DecodeImage<Image>,
): LoadedModel<Image> {
  const { spec } = model;
  const readsImages = spec.imageShape !== undefined;
  const texts = rememberTexts(model);

  const answerImages = async (
    images: readonly RecordedImage[],
    options: PredictOptions,
  ): Promise<Prediction[]> => {
    const { routing = false, top } = options;
    if (model.generate) return writeAll(model, images, (image) => ({ image }), options);
    if (model.classifyImages && options.texts === undefined) {
      const answers = await model.classifyImages(images, { routing });
      return answers.map((own) => classesOf(own, spec.classNames, top));
    }
    if (model.embedImages) {
      const classes = await texts.get(options.texts);
      const embedded = await model.embedImages(images);
      return embedded.map((own) => ({
        ...similaritiesOf(own.embedding, classes, model.similarity!.scale, top),
        ...(routing && { routing: own.routing }),
      }));
    }
    throw usageError(
      "texts are given, but the model compares no images with texts; leave them out",
    );
  };
  const answerTexts = async (
    given: readonly string[],
    options: PredictOptions,
  ): Promise<Prediction[]> => {
    const { routing = false, top } = options;
    if (options.texts !== undefined) {
      throw usageError(
        "texts to compare with are given, but the model reads no images; leave them out",
      );
    }
    if (model.generate) return writeAll(model, given, (prompt) => ({ prompt }), options);
    const answers = await model.classifyTexts!(given, { routing });
    return answers.map((own) => ({ ...classesOf(own, spec.classNames, top), notes: own.notes }));
  };

  const answer = async (
    inputs: readonly (Image | string)[],
    options: PredictOptions,
  ): Promise<Prediction[]> => {
    const { batchSize = BATCH, top = TOP } = options;
    requireCount("batchSize", batchSize);
    requireCount("top", top);
    const found: Prediction[] = [];
    for (let start = 0; start < inputs.length; start += batchSize) {
      const batch = inputs.slice(start, start + batchSize);
      found.push(
        ...(readsImages
          ? await answerImages(await Promise.all(batch.map(decode)), options)
          : await answerTexts(batch.map(requireText), options)),
      );
    }
    return found;
  };
  async function predict(input: Image | string, options?: PredictOptions): Promise<Prediction>;
  async function predict(
    inputs: readonly (Image | string)[],
    options?: PredictOptions,
  ): Promise<Prediction[]>;
  async function predict(
    given: Image | string | readonly (Image | string)[],
    options: PredictOptions = {},
  ): Promise<Prediction | Prediction[]> {
    if (Array.isArray(given)) return answer(given, options);
    return (await answer([given as Image | string], options))[0]!;
  }
  const dispose = (): void => model.dispose();
  return { spec, readsImages, predict, dispose, [Symbol.dispose]: dispose };
}

async function writeAll<Input>(
  model: LiveModel,
  inputs: readonly Input[],
  request: (input: Input) => { image?: RecordedImage; prompt?: string },
  { routing = false, ...options }: PredictOptions,
): Promise<Prediction[]> {
  if (options.texts !== undefined) {
    throw usageError("texts are given, but the model writes texts by itself; leave them out");
  }
  const { maxNewTokens, temperature, topK, topP, seed } = options;
  const sampling = Object.fromEntries(
    Object.entries({ maxNewTokens, temperature, topK, topP, seed }).filter(
      ([, value]) => value !== undefined,
    ),
  );
  const found: Prediction[] = [];
  for (const input of inputs) {
    const written = await model.generate!({ ...request(input), ...sampling });
    const { text, imageRouting } = written;
    found.push({
      kind: "text",
      text,
      notes: written.routing.notes,
      ...(routing && { routing: written.routing }),
      ...(routing && imageRouting && { imageRouting }),
    });
  }
  return found;
}

type Classified = {
  readonly probabilities: readonly number[];
  readonly routing?: ClassesPrediction["routing"];
};

function classesOf(
  { probabilities: all, routing }: Classified,
  names: readonly string[],
  top = TOP,
): ClassesPrediction {
  const classes = largest(all, top).map((c) => ({ label: names[c]!, probability: all[c]! }));
  return { kind: "classes", classes, notes: [], ...(routing && { routing }) };
}

interface ComparedTexts {
  readonly texts: readonly string[]; // [C]
  readonly rows: { readonly width: number; readonly data: ArrayLike<number> }; // [C, P]
  readonly notes: readonly string[];
}

function similaritiesOf(
  embedding: Float32Array,
  { texts, rows, notes }: ComparedTexts,
  scale: number,
  top = TOP,
): SimilaritiesPrediction {
  const image = { width: rows.width, data: embedding };
  const cosines = zeroShotLogits(image, rows).data;
  const shares = probabilities(zeroShotLogits(image, rows, scale)).data;
  const best = largest(cosines, top).map((c) => ({
    text: texts[c]!,
    similarity: cosines[c]!,
    probability: shares[c]!,
  }));
  return { kind: "similarities", texts: best, notes };
}

/** Embeds the texts of a request, and keeps those of the last request. */
function rememberTexts(model: LiveModel) {
  let last: { readonly key: string; readonly value: Promise<ComparedTexts> } | undefined;
  return {
    get(given: readonly string[] | undefined): Promise<ComparedTexts> {
      const key = JSON.stringify(given ?? null);
      if (last?.key !== key) {
        const value = compared(model, given);
        value.catch(() => {
          last = undefined;
        });
        last = { key, value };
      }
      return last.value;
    },
  };
}

/** Given texts as they are; the classes of the run in the templates of its data set. */
async function compared(
  model: LiveModel,
  given: readonly string[] | undefined,
): Promise<ComparedTexts> {
  const { classNames, classTemplates = ["{}"] } = model.spec;
  const texts = given ?? classNames;
  if (texts.length === 0) {
    throw usageError("the run has no classes to compare images with; give texts");
  }
  const templates = given ? ["{}"] : classTemplates;
  const data: number[] = [];
  const notes = new Set<string>();
  for (const prompt of classPrompts(texts, templates)) {
    const { embedding, routing } = await model.embedText!(prompt);
    for (const value of embedding) data.push(value);
    if (given) for (const note of routing.notes) notes.add(`"${prompt}": ${note}`);
  }
  const width = data.length / (texts.length * templates.length);
  const rows = classEmbeddings(normalizeRows({ width, data }), templates.length);
  if (countRows(rows) !== texts.length) throw new Error("one row per text is expected");
  return { texts, rows, notes: [...notes] };
}

function requireText(given: unknown): string {
  if (typeof given === "string") return given;
  throw new UserError(`the model reads texts, got ${typeof given}; give a string`);
}

function requireCount(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw usageError(`${name} must be a whole number >= 1, got ${value}`);
}
