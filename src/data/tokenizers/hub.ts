/** Any `tokenizer.json` of the Hugging Face library `tokenizers`, as of GPT-2, BERT, Llama and T5. */

import { Tokenizer as HubTokenizer } from "@huggingface/tokenizers";
import { defined } from "../../graph/defined.ts";
import { usageError } from "../../graph/errors.ts";
import { checkId } from "./assemble.ts";
import type { HubState, Tokenizer } from "./tokenizer.ts";

const padNames = ["[PAD]", "<pad>", "<|pad|>", "<|finetune_right_pad_id|>"] as const;

/**
 * A tokenizer from the content of a `tokenizer.json`. Start and end are the tokens that the file puts
 * around every text, or the tokens of the state, which are then added.
 *
 * @throws UserError (exit code 2) for content that is no such file, or tokens that it lacks
 */
export function createHubTokenizer(state: HubState): Tokenizer {
  const hub = open(state);
  const vocabularySize = 1 + Math.max(...hub.get_vocab(true).values());
  const idOf = (role: "pad" | "start" | "end"): number | undefined => {
    const name = state[role];
    if (name === undefined) return undefined;
    const id = hub.token_to_id(name);
    if (id !== undefined) return id;
    throw usageError(`the tokenizer.json has no token ${name}; correct data.tokenizer.${role}`);
  };
  const [first, last] = ends(hub);
  const [startId, endId] = [first ?? idOf("start"), last ?? idOf("end")];
  const padId =
    idOf("pad") ??
    padNames.map((name) => hub.token_to_id(name)).find((id) => id !== undefined) ??
    0;
  const model = state.content.model as { unk_token?: unknown; unk_id?: unknown } | undefined;
  const unknownId =
    typeof model?.unk_token === "string"
      ? hub.token_to_id(model.unk_token)
      : typeof model?.unk_id === "number"
        ? model.unk_id
        : undefined;
  return {
    state,
    vocabularySize,
    padId,
    ...defined({ unknownId, startId, endId }),
    encode(text, { addSpecial = true } = {}) {
      const ids = [...hub.encode(text, { add_special_tokens: addSpecial }).ids];
      if (!addSpecial) return ids;
      if (first === undefined && startId !== undefined) ids.unshift(startId);
      if (last === undefined && endId !== undefined) ids.push(endId);
      return ids;
    },
    decode(ids, { skipSpecial = true } = {}) {
      const tokens = [...ids];
      for (const id of tokens) checkId(id, vocabularySize);
      if (tokens.length === 0) return "";
      return hub.decode(tokens, {
        skip_special_tokens: skipSpecial,
        clean_up_tokenization_spaces: false,
      });
    },
  };
}

function open({ content, config }: HubState): HubTokenizer {
  try {
    return new HubTokenizer(content, config);
  } catch (cause) {
    // The library runs into its own assumptions where a part is missing.
    const internal = cause instanceof TypeError || cause instanceof RangeError;
    const said = (cause as Error).message.replaceAll("undefined", "none");
    const reason = internal ? "a part of it is missing or damaged" : said;
    throw usageError(`the tokenizer.json cannot be used: ${reason}`, { cause });
  }
}

/** The tokens that a file puts before and after every text, if it puts one there. */
function ends(hub: HubTokenizer): [number | undefined, number | undefined] {
  const plain: readonly number[] = hub.encode("a", { add_special_tokens: false }).ids;
  const full: readonly number[] = hub.encode("a").ids;
  const start = full.findIndex((_, at) => plain.every((id, i) => full[at + i] === id));
  const before = full.slice(0, Math.max(start, 0));
  const after = full.slice(Math.max(start, 0) + plain.length);
  return [before.length === 1 ? before[0] : undefined, after.length === 1 ? after[0] : undefined];
}
