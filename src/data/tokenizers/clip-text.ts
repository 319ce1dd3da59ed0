import { decodeHTML } from "entities";

/**
 * A text as CLIP's vocabulary expects it: HTML entities resolved twice, spaces collapsed, lower case
 * (openai/CLIP, clip/simple_tokenizer.py, `basic_clean` and `whitespace_clean`). The repair of wrongly
 * decoded text, which is done there by ftfy, is left out.
 */
export function cleanClipText(text: string): string {
  return decodeHTML(decodeHTML(text))
    .replace(/[\s\u0085]+/g, " ")
    .trim()
    .toLowerCase();
}
