/** The image captioning task. */
import type { ImageDataset } from "../../data/dataset.ts";
import type { Tokenizer } from "../../data/tokenizers/index.ts";
import { usageError } from "../../graph/errors.ts";
import type { Tensor } from "../../graph/graph.ts";
import type { Objective } from "../../learn/step-graph.ts";
import { accuracy } from "../../losses/accuracy.ts";
import { crossEntropy, NO_LABEL } from "../../losses/cross-entropy.ts";
import { countedMean } from "../../losses/mean-over.ts";
import { createSeeMoe, type SeeMoe, type SeeMoeSettings } from "../../models/seemoe/config.ts";
import { lengthMask } from "../../nn/attention/kv-cache.ts";
import { sub } from "../../ops/arithmetic.ts";
import { cast, greaterOrEqual, logicalAnd, where } from "../../ops/compare.ts";
import { slice } from "../../ops/join.ts";
import { reduceSum } from "../../ops/reduce.ts";
import { reshape } from "../../ops/reshape.ts";
import { arange } from "../../ops/tile.ts";
import type { SessionOptions } from "../../runtime/session.ts";
import type { Task, TaskData } from "../task.ts";
import { evaluateCaptioning } from "./evaluation.ts";

export interface CaptioningOptions {
  readonly labelSmoothing: number;
  readonly session: SessionOptions;
}

/**
 * Learns captions of images; the score is the mean cross-entropy of caption tokens, in nats.
 *
 * @throws UserError (exit code 2) if the data lack captions, or a tokenizer with an end token
 */
export function captioningTask(
  settings: SeeMoeSettings,
  { dataset: anySet, fields, tokenizer }: TaskData,
  { labelSmoothing, session }: CaptioningOptions,
): Task {
  const dataset = anySet as ImageDataset;
  if (dataset.get(0).captions === undefined) {
    refuse(`${dataset.name} has no captions to learn; choose a set with captions`);
  }
  const known = requireEndToken(tokenizer);
  const contextLength = fields.tokens!.shape[0]!;
  if (contextLength > settings.contextLength || contextLength < 2) {
    refuse(
      `data.context_length ${contextLength} must be at least 2 and at most model.context_length ${settings.contextLength}`,
    );
  }
  const imageShape = fields.images!.shape as readonly [number, number, number];
  const { vocabularySize } = known;
  const model = createSeeMoe(settings, { vocabularySize, imageShape });
  return {
    objective: captioning(model, known, { labelSmoothing }),
    score: { name: "loss", better: "lower" },
    samples: "images",
    tokensPerSample: model.prefix.numTokens + contextLength - 1,
    numActiveExperts: model.numActiveExperts,
    classNames: dataset.classNames,
    evaluateFully: (evaluation) =>
      evaluateCaptioning(model, { tokenizer: known, contextLength, session }, evaluation),
  };
}

/**
 * Cross-entropy of all caption tokens, including the first and the end token but not a start token
 * or padding. `accuracy` is the fraction of tokens that the model ranks first; `loss_per_character`
 * is the sum of token losses divided by the number of characters.
 *
 * Label smoothing applies in training only.
 */
export function captioning(
  model: SeeMoe,
  { startId }: Pick<Tokenizer, "startId">,
  { labelSmoothing = 0 }: { readonly labelSmoothing?: number } = {},
): Objective {
  return (scope, { images, tokens, lengths, characters }) => {
    const read = slice(tokens!, 1, 0, -1); // [B, L-1]
    const logits = model.logits(scope, read, sub(lengths!, 1), images); // [B*L, V]
    const counted = targetMask(lengths!, tokens!.shape[1] as number, startId === undefined ? 0 : 1);
    const targets = reshape(where(counted, tokens!, NO_LABEL), [-1]); // [B*L]
    const losses = crossEntropy(logits, targets, {
      reduction: "sum",
      labelSmoothing: scope.training ? labelSmoothing : 0,
    });
    const per = (count: Tensor): Tensor => countedMean(losses, reduceSum(cast(count, "float32")));
    return {
      loss: per(counted),
      metrics: {
        loss_per_character: per(characters!),
        accuracy: accuracy(logits, targets),
      },
      outputs: { logits },
    };
  };
}

/** Which of `L` tokens are targets: all from `first` on except padding, `[B, L]` bool. */
function targetMask(lengths: Tensor, numTokens: number, first: number): Tensor {
  const present = lengthMask(lengths, numTokens);
  return logicalAnd(present, greaterOrEqual(arange(lengths.graph, numTokens), first));
}

function requireEndToken(tokenizer: Tokenizer | undefined): Tokenizer {
  const example = "{ kind: word, specials: [pad, unknown, end] }";
  if (tokenizer === undefined) {
    return refuse(`captions need a tokenizer; set data.tokenizer, for example to ${example}`);
  }
  if (tokenizer.endId !== undefined) return tokenizer;
  return refuse(
    `captions need an end token, which stops generation; add it to data.tokenizer, for example ${example}`,
  );
}

function refuse(message: string): never {
  throw usageError(message);
}
