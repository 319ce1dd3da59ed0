/** Checkpoints from the hub that the inspector reads texts with, one text at a time. */
import { basename, resolve } from "node:path";
import { encodeRecord } from "../../inspect/record/record-codec.ts";
import type { ModelEntry, ModelMessage } from "../../inspect/types/view.ts";
import { describeDecoder } from "../../pretrained/describe.ts";
import { openPretrained } from "../../pretrained/open-pretrained.ts";
import type { TextRouter } from "../../runs/text-routing/text-router.ts";
import { freeId } from "../run-registry.ts";

/** Tokens of a text that are read. */
const MAX_TOKENS = 512;

export interface ServedModels {
  readonly entries: readonly ModelEntry[];
  /**
   * The routing of a text, and the progress before it; undefined for an unknown id.
   *
   * @throws UserError if the text has no tokens, or the weights cannot be read
   */
  read(id: string, text: string): AsyncGenerator<ModelMessage> | undefined;
  /** Whether a text is being read; then `read` must not be called. */
  readonly busy: boolean;
  dispose(): void;
}

/** The model whose weights are in memory. */
interface Loaded {
  readonly id: string;
  readonly router: TextRouter;
  /** Notes on all its answers. */
  readonly notes: readonly string[];
}

/**
 * Describes checkpoints; their weights are read with the first text, those of one at a time.
 *
 * @throws UserError (exit code 2) if a folder is no checkpoint of a known decoder
 */
export async function serveModels(folders: readonly string[]): Promise<ServedModels> {
  const ids = new Set<string>();
  const paths = new Map<string, string>();
  const entries: ModelEntry[] = [];
  for (const folder of new Set(folders.map((path) => resolve(path)))) {
    const id = freeId(basename(folder), ids);
    paths.set(id, folder);
    entries.push(await describe(folder, id));
  }
  let [busy, disposed] = [false, false];
  let loaded: Loaded | undefined;

  async function* read(id: string, text: string): AsyncGenerator<ModelMessage> {
    busy = true;
    try {
      if (loaded?.id !== id) {
        loaded?.router.dispose();
        loaded = undefined;
        for await (const part of load(paths.get(id)!)) {
          if ("router" in part) loaded = { id, ...part };
          else yield part;
        }
      }
      yield { progress: { label: "Computing the routing" } };
      const { tokens, layers, routing, numTokens } = await loaded!.router.route(text);
      const cut = `The text has ${numTokens} tokens; the first ${tokens.length} are read.`;
      const notes = [...loaded!.notes, ...(numTokens > tokens.length ? [cut] : [])];
      const { name } = entries.find((entry) => entry.id === id)!;
      const record = encodeRecord({
        ...{ name, recipe: "", config: {}, summary: {}, classNames: [] },
        ...{ routing, tokenTraces: [{ tokens, layers }] },
      });
      yield { notes, record };
    } finally {
      busy = false;
      if (disposed) loaded?.router.dispose();
    }
  }
  return {
    entries,
    read: (id, text) => (paths.has(id) ? read(id, text) : undefined),
    get busy() {
      return busy;
    },
    dispose() {
      disposed = true;
      if (!busy) loaded?.router.dispose();
    },
  };
}

async function describe(folder: string, id: string): Promise<ModelEntry> {
  const facts = describeDecoder(await openPretrained(folder));
  const { title, paper, routing, parameters, layers, width, heads, vocabulary, context } = facts;
  return {
    ...{ id, name: basename(folder), family: title, paper, parameters, width, vocabulary, context },
    ...(routing !== undefined && { routing }),
    ...(facts.experts !== undefined && { experts: facts.experts }),
    layers: { all: layers.all, withExperts: layers.with_experts },
    heads: { queries: heads.queries, keysAndValues: heads.keys_and_values },
    stored: facts.stored,
    memory: facts.float32_bytes,
    maxTokens: Math.min(MAX_TOKENS, context),
  };
}

/** Reads the weights of a model. */
async function* load(folder: string): AsyncGenerator<ModelMessage | Omit<Loaded, "id">> {
  // Imported on demand, because it loads most of the runtime.
  const { readTextModel } = await import("../../runs/open-text-model.ts");
  const { createTextRouter } = await import("../../runs/text-routing/text-router.ts");
  const notes: string[] = [];
  let news: ModelMessage | undefined;
  let wake = (): void => {};
  const reading = readTextModel(folder, {
    contextLength: MAX_TOKENS,
    note: (line) => notes.push(line),
    onProgress: (done, total) => {
      news = { progress: { label: "Reading the weights", done, total } };
      wake();
    },
  });
  const ended = reading.then(
    () => true,
    () => true,
  );
  for (;;) {
    const told = new Promise<false>((resolve) => {
      wake = () => resolve(false);
    });
    if (news === undefined && (await Promise.race([ended, told]))) break;
    if (news !== undefined) yield news;
    news = undefined;
  }
  yield { router: createTextRouter(await reading, MAX_TOKENS), notes };
}
