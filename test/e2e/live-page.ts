/** The program of the page that `live-model.test.ts` opens: models in workers, called by the test. */
import {
  type DecodeImageOptions,
  decodeImageFile,
  openLiveModel,
} from "../../inspector/src/live/index.ts";
import type { LiveModel } from "../../src/live/types.ts";
import { asks, type LiveInput } from "./live-answers.fixture.ts";

const models = new Map<string, LiveModel>();

async function open(base: string): Promise<{ kind: string; loaded: number; total: number }> {
  let [loaded, total] = [0, 0];
  const model = await openLiveModel(base, {
    onProgress: (progress) => {
      loaded = progress.loaded;
      total = progress.total ?? 0;
    },
  });
  models.set(base, model);
  return { kind: model.spec.kind, loaded, total };
}

/** The answer to one input in JSON form. */
async function ask(base: string, input: LiveInput): Promise<unknown> {
  return asks(models.get(base)!, input);
}

/** The intermediate texts of a generation. */
async function stream(base: string, input: LiveInput): Promise<string[]> {
  const texts: string[] = [];
  await asks(models.get(base)!, input, { onText: (text) => texts.push(text) });
  return texts;
}

/** The result of a text that is stopped after its first tokens. */
async function stopEarly(
  base: string,
  input: LiveInput,
): Promise<{ texts: number; message: string }> {
  const abort = new AbortController();
  let texts = 0;
  const onText = (): void => {
    texts += 1;
    if (texts === 2) abort.abort(new Error("stopped by the reader"));
  };
  const message = await asks(models.get(base)!, input, { onText, signal: abort.signal }).then(
    () => "",
    (error: Error) => error.message,
  );
  return { texts, message };
}

/** The errors for invalid model files, and for a closed model. */
async function refusal(base: string): Promise<string> {
  return openLiveModel(base).then(
    () => "",
    (error: Error) => `${error.name}: ${error.message}`,
  );
}

async function close(base: string, input: LiveInput): Promise<string> {
  const model = models.get(base)!;
  model.dispose();
  models.delete(base);
  return asks(model, input).then(
    () => "",
    (error: Error) => error.message,
  );
}

/** Pixels of a picture file, or the error message. */
async function decode(
  bytes: readonly number[],
  type: string,
  name: string,
  options?: DecodeImageOptions,
) {
  const file = new File([Uint8Array.from(bytes)], name, { type });
  return decodeImageFile(file, options).then(
    (image) => ({ ...image, data: Array.from(image.data) }),
    (error: Error) => `${error.name}: ${error.message}`,
  );
}

Object.assign(globalThis, { live: { decode, open, ask, stream, stopEarly, refusal, close } });
