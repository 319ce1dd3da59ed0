import { countRows } from "../../../evaluate/similarity.ts";
import type { ProgressSink } from "../../../learn/progress.ts";
import type { ImageSource } from "../../../recipe/image-source.ts";
import type { CheckpointChoice } from "../../../runs/checkpoints/choose-checkpoint.ts";
import {
  checkEmbeddingFile,
  type EmbeddingTable,
  writeEmbeddings,
} from "../../../runs/embedding/write-embeddings.ts";
import { type OpenedEmbedder, openEmbedder } from "../../../runs/open-embedder.ts";
import { type Context, printJson } from "../../context.ts";
import {
  captionsOf,
  embedHooks,
  imageRequest,
  openSource,
  sourceName,
} from "../../image-options.ts";
import type { CommonOptions, ImageOptions } from "../../options.ts";
import { createProgress } from "../../progress.ts";
import { readLines } from "../../text-lists.ts";

export interface EmbedOptions extends CommonOptions, ImageOptions {
  readonly out: string;
  readonly captions: boolean;
  readonly texts: string | undefined;
  readonly checkpoint: CheckpointChoice;
}

type Rows = Pick<EmbeddingTable, "embeddings" | "columns"> & { readonly source: string };

/** `moesaic embed`: writes the embeddings of images or texts. */
export async function embedCommand(
  context: Context,
  run: string,
  options: EmbedOptions,
): Promise<number> {
  const { out, texts, captions, checkpoint } = options;
  checkEmbeddingFile(out);
  const request = imageRequest(options);
  const lines = texts === undefined ? undefined : await readLines(texts);
  using progress = createProgress(context.err);
  using opened = await openEmbedder(run, { checkpoint });
  const rows =
    lines === undefined
      ? await embedSource(opened, await openSource(opened, request, progress), captions, progress)
      : {
          source: texts!,
          columns: { id: numbered(lines.length), text: lines },
          embeddings: await opened.embedTexts(lines, embedHooks(progress, "text")),
        };
  progress.close();
  const { step } = opened.checkpoint;
  const { source, ...table } = rows;
  const about = { run, step, source };
  const files = await writeEmbeddings(out, { ...table, about });
  const [count, width] = [countRows(table.embeddings), opened.width];
  if (options.json) printJson(context, { ...about, rows: count, width, files });
  else context.out.line(`${count} embeddings of ${width} numbers: ${files.join(", ")}`);
  return 0;
}

async function embedSource(
  opened: OpenedEmbedder,
  source: ImageSource,
  captions: boolean,
  progress: ProgressSink,
): Promise<Rows> {
  const name = sourceName(source);
  if (captions) {
    const { texts, owners } = captionsOf(source);
    const columns = { id: numbered(texts.length), image: owners, caption: texts };
    const embeddings = await opened.embedTexts(texts, embedHooks(progress, "caption"));
    return { source: `captions of ${name}`, columns, embeddings };
  }
  const embeddings = await opened.embedImages(source, embedHooks(progress, "image"));
  const { classNames } = source.dataset;
  const described = embeddings.captions.some((own) => own.length > 0);
  const columns = {
    id: numbered(countRows(embeddings)),
    ...(source.paths && { path: source.paths }),
    ...(described && { caption: embeddings.captions.map(([first = ""]) => first) }),
    ...(classNames.length > 0 && {
      label: Array.from(embeddings.labels, (label) => classNames[label]!),
    }),
  };
  return { source: name, columns, embeddings };
}

function numbered(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
