/** Renders chat templates, which are written in Jinja. */
import { formatTime } from "./format-time.ts";
import { Environment, parse, type Token, tokenize } from "./jinja.ts";
import { PythonInterpreter } from "./python-interpreter.ts";
import { templateTags } from "./template-lines.ts";

/** Why a template cannot be rendered. */
export interface TemplateFailure {
  readonly message: string;
  /** Line of the template, from 1, if it is known. */
  readonly line?: number;
  /** Whether the template itself refuses the messages, by `raise_exception`. */
  readonly raised: boolean;
}

export type Rendered = { readonly text: string } | { readonly failure: TemplateFailure };

export interface RenderOptions {
  readonly variables: Readonly<Record<string, unknown>>;
  /** The time of `strftime_now`. */
  readonly now: Date;
}

/** Longest `range` of a template. */
const MAX_RANGE = 100_000;
/** No template can have this name, which has a space. */
const MARK = "moesaic line";

class RaisedError extends Error {}

/**
 * Renders a template as Transformers does: blocks are trimmed, `{% generation %}` has no effect.
 *
 * @returns the text, or why there is none
 */
export function renderTemplate(template: string, { variables, now }: RenderOptions): Rendered {
  const tags = templateTags(template);
  let line: number | undefined;
  const globals: Readonly<Record<string, unknown>> = {
    ...{ true: true, True: true, false: false, False: false, none: null, None: null },
    ...variables,
    range,
    strftime_now: (format: string) => formatTime(now, format),
    raise_exception: (message: unknown) => {
      throw new RaisedError(String(message));
    },
    [MARK]: (at: number) => {
      line = at;
      return ""; // null would be written
    },
  };
  try {
    const broken = tags.find(({ text }) => tokenFailure(text) !== undefined);
    if (broken !== undefined) {
      line = broken.line;
      throw tokenFailure(broken.text)!;
    }
    const tokens = tokenize(template, { lstrip_blocks: true, trim_blocks: true });
    const placed = marked(tokens, tags.map((tag) => tag.line)); // biome-ignore format: short
    const program = parse(watched(placed, (at) => { line = at; })); // biome-ignore format: short
    line = undefined;
    const environment = new Environment();
    for (const [name, value] of Object.entries(globals)) environment.set(name, value);
    const { value } = new PythonInterpreter(environment).run(program);
    return { text: String(value) };
  } catch (error) {
    const at = line === undefined ? {} : { line };
    const raised = error instanceof RaisedError;
    return { failure: { ...at, message: messageOf(error as Error), raised } };
  }
}

/** The message of the library, or of an assumption of its that the template breaks. */
function messageOf(error: Error): string {
  const { message } = error;
  if (/call stack/.test(message)) return "its blocks or calls are nested too deeply";
  if (error instanceof RangeError) return "a text or list of it becomes too long";
  if (error instanceof TypeError) return "a part of it is missing, or of a form that is not known";
  return message
    .replace(
      /^Cannot call something that is not a function.*/,
      "it calls something that is no function",
    )
    .replace(/\bundefined\b/gi, "missing");
}

function tokenFailure(text: string): Error | undefined {
  try {
    tokenize(text);
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

/** A token and the line of its tag. */
type Placed = Token & { readonly line: number | undefined };

/** The tokens with a call before each tag that notes its line, so that errors have one. */
function marked(tokens: readonly Token[], lines: readonly number[]): Placed[] {
  const opens = tokens.filter(isOpening).length;
  const known = opens === lines.length; // else the tags were read differently, and lines are unknown
  let tag = -1;
  return tokens.flatMap((token): Placed[] => {
    if (isOpening(token)) tag += 1;
    const line = known ? lines[Math.max(tag, 0)] : undefined;
    const own = { ...token, line };
    if (line === undefined || !isOpening(token)) return [own];
    const call = [
      ["{{", "OpenExpression"],
      [MARK, "Identifier"],
      ["(", "OpenParen"],
      [String(line), "NumericLiteral"],
      [")", "CloseParen"],
      ["}}", "CloseExpression"],
    ] as const;
    return [...call.map(([value, type]) => ({ value, type, line })), own];
  });
}

function isOpening({ type }: Token): boolean {
  return type === "OpenStatement" || type === "OpenExpression";
}

/** The tokens; `onLine` is called with the line of each that is read. */
function watched(tokens: Placed[], onLine: (line: number | undefined) => void): Token[] {
  return new Proxy(tokens, {
    get(target, key, receiver) {
      const found = Reflect.get(target, key, receiver);
      if (typeof key === "string" && /^\d+$/.test(key)) {
        const token = target[Number(key)];
        if (token === undefined) throw new SyntaxError("it ends within a block");
        onLine(token.line);
      }
      return found;
    },
  });
}

function range(first: number, second?: number, step = 1): number[] {
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  const count = Math.ceil((stop - start) / step);
  if (Number.isFinite(count) && count <= MAX_RANGE) {
    return Array.from({ length: Math.max(0, count) }, (_, i) => start + i * step);
  }
  throw new Error(`range has ${count} numbers, more than ${MAX_RANGE}`);
}
