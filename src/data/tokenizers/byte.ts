import { assemble } from "./assemble.ts";
import type { ByteState, Tokenizer } from "./tokenizer.ts";

/** A tokenizer with one id per byte of the UTF-8 text; it can encode any text. */
export function byteTokenizer(state: ByteState): Tokenizer {
  return assemble({
    state,
    numOrdinary: 256,
    encode: (text) => Array.from(new TextEncoder().encode(text)),
    join: (tokens) => joinBytes(tokens, (id) => [id]),
  });
}

/** The UTF-8 text of tokens that are bytes; invalid UTF-8 becomes U+FFFD. */
export function joinBytes(
  tokens: readonly (number | string)[],
  bytesOf: (id: number) => Iterable<number>,
): string {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let text = "";
  let bytes: number[] = [];
  const flush = (): void => {
    text += decoder.decode(Uint8Array.from(bytes));
    bytes = [];
  };
  for (const token of tokens) {
    if (typeof token === "string") {
      flush();
      text += token;
    } else {
      for (const byte of bytesOf(token)) bytes.push(byte);
    }
  }
  flush();
  return text;
}
