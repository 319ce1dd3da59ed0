/** Renders chat templates in a thread with limits, because a template is foreign code with loops. */
import { startThread } from "../../data/threads/start-thread.ts";
import { usageError } from "../../graph/errors.ts";
import type { Rendered, RenderOptions } from "./render-template.ts";

/** The data of the thread. */
export interface TemplateJob extends RenderOptions {
  readonly template: string;
}

/** Sent by the thread once its modules are loaded; from then on time is limited. */
export const STARTED = "started";

/** Longest template, and longest text that it may give, in characters. */
const MAX_TEMPLATE = 2 ** 18;
const MAX_TEXT = 2 ** 24;
/** Time that a template may take, milliseconds. */
const MAX_TIME = 2000;
const resourceLimits = {
  maxOldGenerationSizeMb: 256,
  maxYoungGenerationSizeMb: 32,
  stackSizeMb: 4,
};

/**
 * The text of a template.
 *
 * @param job its values are plain data
 * @throws UserError (exit code 2) if the template is too long or broken, refuses its input, or needs
 *   more than 2 s, 256 MB or 16 million characters
 */
export async function runTemplate(job: TemplateJob): Promise<string> {
  if (job.template.length > MAX_TEMPLATE) {
    throw refusal(`has ${job.template.length} characters, more than ${MAX_TEMPLATE}`);
  }
  return textOf(await inThread(job));
}

/** The text of a rendered template. @throws UserError (exit code 2) if there is none, or it is too long */
export function textOf(rendered: Rendered): string {
  if ("failure" in rendered) {
    const { message, line, raised } = rendered.failure;
    const at = line === undefined ? "" : ` in line ${line}`;
    const what = raised ? "refuses these messages" : "cannot be rendered";
    throw refusal(`${what}${at}: ${oneSentence(message)}`);
  }
  const { length } = rendered.text;
  if (length > MAX_TEXT) throw refusal(`gives ${length} characters, more than ${MAX_TEXT}`);
  return rendered.text;
}

async function inThread(job: TemplateJob): Promise<Rendered> {
  const thread = startThread(new URL("./template-thread", import.meta.url), {
    workerData: job,
    resourceLimits,
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<Rendered>((resolve, reject) => {
      thread.on("message", (message: Rendered | typeof STARTED) => {
        if (message !== STARTED) resolve(message);
        else {
          const late = `takes more than ${MAX_TIME / 1000} s; its loops may not end`;
          timer = setTimeout(() => reject(refusal(late)), MAX_TIME);
        }
      });
      thread.on("error", (error: NodeJS.ErrnoException) =>
        reject(
          error.code === "ERR_WORKER_OUT_OF_MEMORY"
            ? refusal(`needs more than ${resourceLimits.maxOldGenerationSizeMb} MB of memory`)
            : error,
        ),
      );
      thread.on("exit", (code) => reject(new Error(`the thread of a template ended with exit code ${code}`))); // biome-ignore format: one call
    });
  } finally {
    clearTimeout(timer);
    await thread.terminate();
  }
}

function refusal(reason: string): Error {
  return usageError(`the chat template ${reason}`);
}

/** A message of the template or its library as one line of at most 300 characters. */
function oneSentence(message: string): string {
  const line = message
    .replace(/^Parser Error: /, "")
    .replace(/\. \S* !== .*$|, got \$\{.*$/s, "")
    .replace(/\s+/g, " ")
    .replace(/[.\s]+$/, "");
  return line.length > 300 ? `${line.slice(0, 299)}…` : line;
}
