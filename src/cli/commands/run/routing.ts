import { readFile, stat } from "node:fs/promises";
import { promptTokens } from "../../../evaluate/generate/prompt.ts";
import { usageError } from "../../../graph/errors.ts";
import { isHubFolder } from "../../../pretrained/hub-folder.ts";
import type { WeightChoice } from "../../../pretrained/weight-type.ts";
import { writeFileAtomically } from "../../../runs/files.ts";
import { readTextModel } from "../../../runs/open-text-model.ts";
import { encodeRouting, textRouting } from "../../../runs/text-routing/routing-rows.ts";
import { type Context, printJson } from "../../context.ts";
import { createProgress, readingProgress } from "../../progress.ts";

export interface RoutingCommandOptions {
  readonly text: string;
  readonly out: string;
  readonly context: number | undefined;
  readonly checkpoint: "best" | "latest" | number;
  readonly weights: WeightChoice;
  readonly json: boolean;
}

/** Longest text that is read, in bytes. */
const MAX_BYTES = 64 * 2 ** 20;

/** Tokens that a checkpoint from the hub reads together unless an option sets it. */
const CONTEXT = 512;

/** `moesaic routing`: writes the routing of a text. */
export async function routingCommand(
  context: Context,
  source: string,
  { text: file, out, context: asked, checkpoint, weights, json }: RoutingCommandOptions,
): Promise<number> {
  if (!out.endsWith(".parquet")) {
    throw usageError(`--out takes a file that ends in .parquet, got "${out}"`);
  }
  const text = await readText(file);
  const contextLength = asked ?? (isHubFolder(source) ? CONTEXT : undefined);
  using reading = readingProgress(context.err);
  const opened = await readTextModel(source, {
    ...{ checkpoint, contextLength, weightType: weights },
    ...{ note: context.err.line, onProgress: reading.onProgress },
  });
  const tokens = promptTokens(opened.tokenizer, text);
  const length = Math.min(contextLength ?? opened.model.contextLength, opened.model.contextLength);
  using progress = createProgress(context.err);
  const total = Math.ceil(tokens.length / length);
  let [done, numRows] = [0, 0];
  const about = { model: source, text: file, context: length };
  const bytes = await encodeRouting(textRouting(opened, tokens, length), about, ({ token }) => {
    done += 1;
    numRows += token.length;
    progress.update({ label: "piece", done, total });
  });
  if (numRows === 0) throw usageError(`${source} has no layers with experts, so no routing`);
  await writeFileAtomically(out, [bytes]);
  const counts = { tokens: tokens.length, rows: numRows };
  if (json) printJson(context, { out, ...counts });
  else context.out.line(`${out}: ${numRows} rows of ${tokens.length} tokens`);
  return 0;
}

async function readText(file: string): Promise<string> {
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() !== true) throw usageError(`--text ${file} is no file; name a text file`);
  if (found.size > MAX_BYTES) {
    throw usageError(`--text ${file} has ${found.size} bytes, more than ${MAX_BYTES}; cut it`);
  }
  return readFile(file, "utf8");
}
