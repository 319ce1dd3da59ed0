import { existsSync } from "node:fs";
import { basename, dirname } from "node:path";
import { openPictures } from "../../../data/images/picture-folder.ts";
import { readSample } from "../../../data/read-sample.ts";
import { type Embeddings, forEachRow, largest } from "../../../evaluate/similarity.ts";
import { defined } from "../../../graph/defined.ts";
import { usageError } from "../../../graph/errors.ts";
import type { RecordedImage } from "../../../inspect/types/image.ts";
import type { ProgressSink } from "../../../learn/progress.ts";
import type { ImageRequest, ImageSource } from "../../../recipe/image-source.ts";
import { type FoundPicture, retrievalPage } from "../../../report/retrieval-page.ts";
import type { CheckpointChoice } from "../../../runs/checkpoints/choose-checkpoint.ts";
import { writeFileAtomically } from "../../../runs/files.ts";
import { type OpenedEmbedder, openEmbedder } from "../../../runs/open-embedder.ts";
import { type Context, printJson } from "../../context.ts";
import {
  captionsOf,
  embedHooks,
  imageName,
  imageRequest,
  openSource,
  sourceName,
} from "../../image-options.ts";
import type { CommonOptions, ImageOptions } from "../../options.ts";
import { createProgress } from "../../progress.ts";
import { printTable } from "../../table.ts";

export interface RetrieveOptions extends CommonOptions, ImageOptions {
  readonly text: string | undefined;
  readonly image: string | undefined;
  readonly top: number;
  readonly html: string | undefined;
  readonly checkpoint: CheckpointChoice;
}

/** A result: an image, or a caption and its image. */
interface Match {
  readonly cosine: number;
  /** Index of the image in its source. */
  readonly index: number;
  readonly caption?: string;
}

/**
 * `moesaic retrieve`: finds images by a text, or captions by an image.
 *
 * @throws UserError (exit code 2) if the folder of the page does not exist
 */
export async function retrieveCommand(
  context: Context,
  run: string,
  options: RetrieveOptions,
): Promise<number> {
  const { text, image, top, html, checkpoint } = options;
  if (html !== undefined && !existsSync(dirname(html))) {
    throw usageError(
      `the folder ${dirname(html)} does not exist; create it, or choose another --html`,
    );
  }
  const request = imageRequest(options);
  using progress = createProgress(context.err);
  using opened = await openEmbedder(run, { checkpoint });
  const query = image === undefined ? undefined : await opened.openImages({ file: image });
  const source = await openSource(opened, request, progress);
  const matches =
    query === undefined
      ? await nearestImages(opened, text!, source, top, progress)
      : await nearestCaptions(opened, query, source, top, progress);
  progress.close();
  const where = query === undefined ? sourceName(source) : `captions of ${sourceName(source)}`;
  if (html !== undefined) {
    const page = retrievalPage({
      query: text ?? image!,
      run,
      source: where,
      found: await Promise.all(matches.map((match) => picturesOf(source, request, match))),
      ...(image !== undefined && {
        picture: await originalPicture(dirname(image), basename(image)),
      }),
    });
    await writeFileAtomically(html, page);
    context.err.line(`page: ${options.html}`);
  }
  const named = matches.map(({ index, ...match }) => ({
    ...match,
    image: source.paths === undefined ? index : imageName(source, index),
  }));
  const asked = text === undefined ? { image } : { text };
  const { step } = opened.checkpoint;
  if (options.json) printJson(context, { run, step, ...asked, source: where, matches: named });
  else printMatches(context, source, matches);
  return 0;
}

async function nearestImages(
  opened: OpenedEmbedder,
  text: string,
  source: ImageSource,
  top: number,
  progress: ProgressSink,
): Promise<Match[]> {
  const query = await opened.embedTexts([text], embedHooks(progress, "text"));
  const images = await opened.embedImages(source, embedHooks(progress, "image"));
  return nearest(query, images, top).map(({ row, cosine }) => {
    const [caption] = images.captions[row]!;
    return { cosine, index: row, ...defined({ caption }) };
  });
}

async function nearestCaptions(
  opened: OpenedEmbedder,
  query: ImageSource,
  source: ImageSource,
  top: number,
  progress: ProgressSink,
): Promise<Match[]> {
  const { texts, owners } = captionsOf(source);
  const rows = await opened.embedTexts(texts, embedHooks(progress, "caption"));
  const image = await opened.embedImages(query);
  return nearest(image, rows, top).map(({ row, cosine }) => ({
    cosine,
    index: owners[row]!,
    caption: texts[row]!,
  }));
}

function nearest(query: Embeddings, rows: Embeddings, top: number) {
  let found: { row: number; cosine: number }[] = [];
  forEachRow(query, rows, (_, cosines) => {
    found = largest(cosines, top).map((row) => ({ row, cosine: cosines[row]! }));
  });
  return found;
}

function printMatches({ out }: Context, source: ImageSource, matches: readonly Match[]): void {
  const captioned = matches.some(({ caption }) => caption !== undefined);
  printTable(
    out,
    ["rank", "cosine", "image", ...(captioned ? ["caption"] : [])],
    matches.map(({ cosine, index, caption }, at) => [
      at + 1,
      cosine.toFixed(3),
      imageName(source, index),
      ...(captioned ? [caption ?? ""] : []),
    ]),
  );
}

/** A match with its image: the original file of a folder, the resized image of a data set. */
async function picturesOf(
  source: ImageSource,
  request: ImageRequest,
  { index, cosine, caption }: Match,
): Promise<FoundPicture> {
  const name = imageName(source, index);
  const picture =
    source.paths !== undefined && "folder" in request
      ? await originalPicture(request.folder, source.paths[index]!)
      : readPicture(source.dataset, index);
  return { cosine, picture, name, ...defined({ caption }) };
}

async function originalPicture(folder: string, path: string): Promise<RecordedImage> {
  const { dataset } = await openPictures(folder, [path]);
  return readPicture(dataset, 0);
}

function readPicture(dataset: ImageSource["dataset"], index: number): RecordedImage {
  const { image, width, height, channels } = readSample(dataset, index);
  return { width, height, channels, data: image };
}
