/** A stream that is a terminal, a file or a pipe. */
import { styleText } from "node:util";

/** The stream below a terminal: `process.stdout`, `process.stderr`, or a stream in a test. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

type Style = Parameters<typeof styleText>[0];

export interface Terminal {
  /** Whether lines can be redrawn in place. */
  readonly interactive: boolean;
  /** Columns of a line; 80 if the stream has no width. */
  width(): number;
  write(text: string): void;
  line(text?: string): void;
  /** Colours `text` if colours are enabled. */
  style(style: Style, text: string): string;
}

/** Wraps a stream; NO_COLOR and FORCE_COLOR in `env` override colours (no-color.org, force-color.org). */
export function createTerminal(
  output: Output,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Terminal {
  const interactive = output.isTTY === true && env.TERM !== "dumb";
  const forced = Boolean(env.FORCE_COLOR) && env.FORCE_COLOR !== "0";
  const colours = !env.NO_COLOR && (interactive || forced);
  return {
    interactive,
    width: () => output.columns || 80,
    write: (text) => void output.write(text),
    line: (text = "") => void output.write(`${text}\n`),
    style: (style, text) => (colours ? styleText(style, text, { validateStream: false }) : text),
  };
}

/** Cuts `text` to `width` characters, with an ellipsis at the end. */
export function cut(text: string, width: number): string {
  const characters = [...text];
  if (characters.length <= width) return text;
  return width <= 0 ? "" : `${characters.slice(0, width - 1).join("")}…`;
}
