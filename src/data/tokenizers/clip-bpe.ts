/** The vocabulary of CLIP's tokenizer, as `moesaic data` lists it. */

import type { ResourceDescription } from "../description.ts";

/** OpenAI's file of merges, at a fixed commit of openai/CLIP. */
export const clipBpe: ResourceDescription = {
  name: "clip-bpe",
  title: "CLIP vocabulary",
  description: "the merges of CLIP's tokenizer; 49,408 tokens",
  terms: "MIT",
  homepage: "https://github.com/openai/CLIP",
  files: [
    {
      name: "bpe_simple_vocab_16e6.txt.gz",
      url: "https://raw.githubusercontent.com/openai/CLIP/d05afc436d78f1c48dc0dbf8e5980a9d471f35f6/clip/bpe_simple_vocab_16e6.txt.gz",
      bytes: 1_356_917,
      md5: "933b7abbbbde62c36f02f0e6ccde464f",
    },
  ],
};
