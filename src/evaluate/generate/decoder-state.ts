/** Sequences in progress, with their key-value cache. */
import { allocate, type NdArray } from "../../graph/array.ts";
import { UserError } from "../../graph/errors.ts";
import { type LanguageModel, roomForTokens } from "../../models/language-model.ts";
import type { Binding } from "../../runtime/session.ts";
import {
  allocateRouting,
  type RoutingDetail,
  readChoices,
  readExperts,
  readRow,
  type SequenceRouting,
  type TokenExperts,
} from "./decoder-routing.ts";
import type { DecoderSession, DecoderSessions, PrefixRows } from "./decoder-session.ts";

/** Tokens per sequence; `undefined` skips a sequence. */
export type PerSequence<T> = readonly (T | undefined)[];

/** `R` sequences and their key-value cache. Only one call at a time is allowed. */
export interface DecoderState {
  readonly numSequences: number;
  /**
   * Number of cached tokens of a sequence, without the prefix; undefined before the first prefill.
   */
  length(sequence: number): number | undefined;
  /**
   * Prefills whole sequences of 1 token (0 after a prefix) up to the remaining context, and
   * replaces their previous content.
   *
   * @throws UserError for a token outside the vocabulary; RangeError for an invalid length
   */
  prefill(tokens: PerSequence<readonly number[]>): Promise<void>;
  /**
   * Decodes one more token per sequence; the sequence must have room.
   *
   * @throws UserError for a token outside the vocabulary; RangeError for a full or empty sequence
   */
  step(tokens: PerSequence<number>): Promise<void>;
  /** Logits `[V]` for the token after a sequence's last token. */
  logits(sequence: number): Float32Array;
  /** Experts of the tokens read last, starting with the prefix; empty unless requested. */
  experts(sequence: number): readonly TokenExperts[];
  /** Routing of the tokens read last, and of the prefix's own tokens; empty unless requested. */
  routing(sequence: number): SequenceRouting;
  /** Makes sequence `r` continue from the current state of sequence `sources[r]`. */
  reorder(sources: readonly number[]): void;
  dispose(): void;
  [Symbol.dispose](): void;
}

/**
 * Allocates a state for `numSequences` sequences.
 *
 * @throws RangeError if the prefix does not match the model
 */
export function createDecoderState(
  sessions: DecoderSessions,
  numSequences: number,
  prefix?: PrefixRows,
): DecoderState {
  const { model, detail } = sessions;
  const { vocabularySize } = model;
  checkPrefix(model, numSequences, prefix);
  const before = model.prefix?.numTokens ?? 0;
  const room = roomForTokens(model);
  const least = before > 0 ? 0 : 1;
  const lengths: (number | undefined)[] = Array(numSequences).fill(undefined);
  const logits = Array.from({ length: numSequences }, () => new Float32Array(vocabularySize));
  let experts: (readonly TokenExperts[])[] = Array(numSequences).fill([]);
  let routing: SequenceRouting[] = Array(numSequences).fill({ tokens: [], prefix: [] });
  const memory = createStepMemory(sessions.step, model, numSequences, detail);
  let binding: Binding | undefined;

  const check = (tokens: readonly number[]): void => {
    for (const token of tokens) {
      if (Number.isInteger(token) && token >= 0 && token < vocabularySize) continue;
      throw new UserError(
        `token ${token} is outside the vocabulary of ${vocabularySize}; encode the text with the model's own tokenizer`,
      );
    }
  };

  const state: DecoderState = {
    numSequences,
    length: (sequence) => lengths[sequence],
    logits: (sequence) => logits[sequence]!,
    experts: (sequence) => experts[sequence]!,
    routing: (sequence) => routing[sequence]!,

    async prefill(tokens) {
      const chosen = chosenOf(tokens);
      if (chosen.length === 0) return;
      for (const [, own] of chosen) {
        check(own);
        if (own.length < least || own.length > room) {
          throw new RangeError(`a sequence needs ${least} to ${room} tokens, got ${own.length}`);
        }
      }
      const longest = Math.max(...chosen.map(([, own]) => own.length));
      const { compiled, size } = await sessions.prefill(longest);
      const ids = allocate("int64", [chosen.length, size]);
      const counts = allocate("int64", [chosen.length]);
      for (const [row, [, own]] of chosen.entries()) {
        ids.data.set(own.map(BigInt), row * size);
        counts.data[row] = BigInt(own.length);
      }
      const rows =
        prefix &&
        prefixRows(
          prefix,
          chosen.map(([sequence]) => sequence),
        );
      const given = { ...compiled.weights, ids, lengths: counts, ...(rows && { prefix: rows }) };
      const results = await compiled.session.run(given);
      for (const [row, [sequence, own]] of chosen.entries()) {
        lengths[sequence] = own.length;
        logits[sequence]!.set(rowOf(results.logits!, row));
        const read = before + own.length;
        const { layers, prefixLayers } = compiled;
        const first = row * (before + size);
        experts[sequence] = readExperts(layers, results, first, read);
        if (detail === "all") {
          routing[sequence] = {
            tokens: readChoices(layers, results, first, read),
            prefix: readRow(prefixLayers, results, row, chosen.length),
          };
        }
        for (const [name, cache] of Object.entries(memory.caches)) {
          copyTokens(results[name]!, row, cache, sequence, 0, read);
        }
      }
    },

    async step(tokens) {
      const chosen = chosenOf(tokens);
      if (chosen.length === 0) return;
      // Skipped sequences are computed too, on token 0, and their results are ignored.
      memory.ids.data.fill(0n);
      memory.positions.data.fill(0n);
      for (const [sequence, token] of chosen) {
        check([token]);
        const length = lengths[sequence];
        if (length === undefined || length >= room) {
          throw new RangeError(
            `sequence ${sequence} holds ${length ?? 0} of ${room} tokens; prefill it again`,
          );
        }
        memory.ids.data[sequence] = BigInt(token);
        memory.positions.data[sequence] = BigInt(before + length);
      }
      binding ??= sessions.step.session.bind(memory.inputs, memory.outputs);
      await binding.run();
      for (const [sequence] of chosen) {
        logits[sequence]!.set(rowOf(memory.outputs.logits!, sequence));
        const { layers } = sessions.step;
        experts[sequence] = readExperts(layers, memory.outputs, sequence, 1);
        if (detail === "all") {
          const tokens = readChoices(layers, memory.outputs, sequence, 1);
          routing[sequence] = { ...routing[sequence]!, tokens };
        }
        const length = lengths[sequence]!;
        for (const [name, cache] of Object.entries(memory.caches)) {
          copyTokens(memory.outputs[name]!, sequence, cache, sequence, before + length, 1);
        }
        lengths[sequence] = length + 1;
      }
    },

    reorder(sources) {
      const moved = sources.flatMap((source, target) => (source === target ? [] : [target]));
      if (moved.length === 0) return;
      for (const cache of Object.values(memory.caches)) {
        const before = cache.data.slice() as Float32Array;
        const size = before.length / numSequences;
        for (const target of moved) {
          const source = sources[target]!;
          cache.data.set(before.subarray(source * size, (source + 1) * size), target * size);
        }
      }
      const [oldLengths, oldLogits] = [[...lengths], logits.map((row) => row.slice())];
      experts = sources.map((source) => experts[source]!);
      routing = sources.map((source) => routing[source]!);
      for (const [target, source] of sources.entries()) {
        lengths[target] = oldLengths[source];
        logits[target]!.set(oldLogits[source]!);
      }
    },

    dispose: () => binding?.dispose(),
    [Symbol.dispose]: () => state.dispose(),
  };
  return state;
}

function checkPrefix(
  { prefix: wanted }: LanguageModel,
  numSequences: number,
  given: PrefixRows | undefined,
): void {
  if (wanted === undefined && given === undefined) return;
  if (wanted === undefined) throw new RangeError("the model has no prefix, got one");
  const [rows, ...shape] = given?.shape ?? [];
  const fits = shape.join() === wanted.shape.join();
  if (fits && (rows === 1 || rows === numSequences)) return;
  throw new RangeError(
    `the model needs a prefix of [${[numSequences, ...wanted.shape].join(", ")}] (or one row for all), got ${given === undefined ? "none" : `[${given.shape.join(", ")}]`}`,
  );
}

/** The prefix rows of some sequences. */
function prefixRows({ shape, data }: PrefixRows, sequences: readonly number[]): PrefixRows {
  const [rows, ...rest] = shape as [number, ...number[]];
  const size = data.length / rows;
  const chosen = allocate("float32", [sequences.length, ...rest]);
  for (const [row, sequence] of sequences.entries()) {
    const from = (rows === 1 ? 0 : sequence) * size;
    chosen.data.set(data.subarray(from, from + size), row * size);
  }
  return chosen;
}

interface StepMemory {
  readonly ids: NdArray<"int64">;
  readonly positions: NdArray<"int64">;
  /** `[R, H, L, D/H]` by output name: `keys.0`, `values.0`, ... */
  readonly caches: Readonly<Record<string, NdArray<"float32">>>;
  readonly inputs: Readonly<Record<string, NdArray>>;
  readonly outputs: Readonly<Record<string, NdArray>>;
}

function createStepMemory(
  { weights, layers }: DecoderSession,
  model: LanguageModel,
  rows: number,
  detail: RoutingDetail,
): StepMemory {
  const { numLayers, numKeyValueHeads, headWidth, contextLength, vocabularySize } = model;
  const names = Array.from({ length: numLayers }, (_, i) => [`keys.${i}`, `values.${i}`]).flat();
  const arrays = (prefix: string, numTokens: number) =>
    Object.fromEntries(
      names.map((name) => [
        prefix + name,
        allocate("float32", [rows, numKeyValueHeads, numTokens, headWidth]),
      ]),
    );
  const [ids, positions] = [allocate("int64", [rows]), allocate("int64", [rows])];
  const pasts = arrays("past_", contextLength);
  return {
    ids,
    positions,
    caches: Object.fromEntries(names.map((name) => [name, pasts[`past_${name}`]!])),
    inputs: { ...weights, ...pasts, ids, positions },
    outputs: {
      logits: allocate("float32", [rows, vocabularySize]),
      ...arrays("", 1),
      ...allocateRouting(layers, rows, detail),
    },
  };
}

/** Copies the first `count` tokens of a row `[H, S, D/H]` into a row of another array. */
function copyTokens(
  from: NdArray,
  fromRow: number,
  to: NdArray<"float32">,
  toRow: number,
  at: number,
  count: number,
): void {
  const [, heads, fromSize, width] = from.shape as [number, number, number, number];
  const toSize = to.shape[2]!;
  const source = from.data as Float32Array;
  for (let head = 0; head < heads; head++) {
    const start = (fromRow * heads + head) * fromSize * width;
    const target = ((toRow * heads + head) * toSize + at) * width;
    to.data.set(source.subarray(start, start + count * width), target);
  }
}

function chosenOf<T>(tokens: PerSequence<T>): (readonly [number, T])[] {
  return tokens.flatMap((own, sequence) => (own === undefined ? [] : [[sequence, own] as const]));
}

function rowOf({ shape, data }: NdArray, row: number): Float32Array {
  return (data as Float32Array).subarray(row * shape[1]!, (row + 1) * shape[1]!);
}
