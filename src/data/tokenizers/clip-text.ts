import { decodeHTML } from "entities";

/**
 * A text as CLIP's vocabulary expects it: HTML entities resolved twice, spaces collapsed, lower case
 * (openai/CLIP, clip/simple_tokenizer.py, `basic_clean` and `whitespace_clean`). The original also repairs
 * wrongly decoded text with ftfy; this is not implemented.
 */
export function cleanClipText(text: string): string {
  return decodeHTML(decodeHTML(text))
    .replace(/[\s\u0085]+/g, " ")
    .trim()
    .toLowerCase();
}
