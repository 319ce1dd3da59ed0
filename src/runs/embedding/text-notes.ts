import type { Tokenizer } from "../../data/tokenizers/index.ts";

/** Counts truncated and empty texts in one message each. */
export function noteTexts(
  texts: readonly string[],
  tokenizer: Tokenizer,
  contextLength: number,
  onNote: (message: string) => void,
): void {
  const of = `of ${texts.length} ${texts.length === 1 ? "text" : "texts"}`;
  const long = texts.filter((text) => tokenizer.encode(text).length > contextLength);
  if (long.length > 0) {
    const end = tokenizer.endId === undefined ? "" : ", end kept";
    onNote(
      `${long.length} ${of} truncated to ${contextLength} tokens${end}; the first: ${shortened(long[0]!)}`,
    );
  }
  const empty = texts.filter((text) => text.trim() === "").length;
  if (empty > 0) onNote(`${empty} ${of} without words; their embeddings carry no information`);
}

function shortened(text: string): string {
  const characters = [...text];
  return `"${characters.length > 60 ? `${characters.slice(0, 60).join("")}...` : text}"`;
}
