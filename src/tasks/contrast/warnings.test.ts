import { expect, test } from "vitest";
import { type Observation, WINDOW } from "../diagnostics/observation.ts";
import { type ContrastiveWarningOptions, contrastiveWarnings, lossOfGuessing } from "./warnings.ts";

const samples = 64; // log 64 = 4.159

const healthy = (step: number): Observation => ({
  step,
  samples,
  repeatedCaptions: 2,
  scalars: {
    loss: 1.5,
    pair_accuracy: 0.6,
    temperature: 0.05,
    image_similarity: 0.2,
    text_similarity: 0.3,
  },
});

interface Change extends Partial<Omit<Observation, "scalars">> {
  readonly scalars?: Observation["scalars"];
}

/** A window of updates up to `last`, each modified by `change`. */
function history(last: number, change: Change = {}, length = WINDOW): Observation[] {
  return Array.from({ length }, (_, i) => {
    const base = healthy(last - length + 1 + i);
    return { ...base, ...change, scalars: { ...base.scalars, ...change.scalars } };
  });
}

const kinds = (seen: readonly Observation[], options: Partial<ContrastiveWarningOptions> = {}) =>
  contrastiveWarnings(seen, { form: "info_nce", ...options }).map(({ kind }) => kind);

test("a healthy run gives no warning, early or late", () => {
  for (const last of [WINDOW, 100, 150, 10_000]) {
    expect(kinds(history(last), { minTemperature: 0.01 })).toEqual([]);
  }
  expect(kinds([])).toEqual([]);
});

test("a loss at chance level, after the run had time to learn", () => {
  const stuck = { scalars: { loss: 4.15 } };
  expect(kinds(history(99, stuck))).toEqual([]);
  expect(kinds(history(100, stuck))).toEqual(["loss_of_guessing"]);
  expect(kinds(history(100, stuck), { warmupSteps: 50 })).toEqual([]);
  expect(kinds(history(150, stuck), { warmupSteps: 50 })).toEqual(["loss_of_guessing"]);
  expect(kinds(history(150, { scalars: { loss: 4.0 } }))).toEqual([]); // .98 * 4.159 = 4.076
  const [{ message } = { message: "" }] = contrastiveWarnings(history(100, stuck), {
    form: "info_nce",
  });
  expect(message).toContain("the loss is still 4.150, and guessing among 64 pairs gives 4.159");
  expect(message).toContain("optimizer.learning_rate");
});

test("chance costs log B, and independent probabilities 1 / B about one nat more", () => {
  expect(lossOfGuessing("info_nce", 4)).toBeCloseTo(1.386294, 6);
  // log 4 + 3 log(4 / 3)
  expect(lossOfGuessing("siglip", 4)).toBeCloseTo(2.249341, 6);
  const stuck = { scalars: { loss: 4.9 } }; // log 64 + 63 log(64 / 63) = 5.151
  expect(kinds(history(100, stuck), { form: "siglip" })).toEqual([]);
  expect(kinds(history(100, { scalars: { loss: 5.1 } }), { form: "siglip" })).toEqual([
    "loss_of_guessing",
  ]);
});

test("captions that repeat within a batch", () => {
  expect(kinds(history(WINDOW, { repeatedCaptions: 6 }))).toEqual([]);
  const many = history(WINDOW, { repeatedCaptions: 8 });
  expect(kinds(many)).toEqual(["repeated_captions"]);
  expect(kinds(many, { ignoresRepeated: true })).toEqual([]);
  expect(contrastiveWarnings(many, { form: "info_nce" })[0]!.message).toContain(
    "8.0 of the 64 captions",
  );
  const odd = [...history(WINDOW, {}, WINDOW - 1), { ...healthy(WINDOW), repeatedCaptions: 64 }];
  expect(kinds(odd)).toEqual([]); // 5.1 on average
});

test("a temperature at its bound", () => {
  const sharp = history(30, { scalars: { temperature: 0.01 } });
  expect(kinds(sharp, { minTemperature: 0.01 })).toEqual(["temperature_bound"]);
  expect(kinds(sharp, { minTemperature: 0.005 })).toEqual([]);
  expect(kinds(sharp)).toEqual([]); // fixed
});

test("collapsed embeddings of either side, but not at initialisation", () => {
  const images = { scalars: { image_similarity: 0.97 } };
  expect(kinds(history(200, images))).toEqual(["collapsed_images"]);
  expect(kinds(history(200, { scalars: { text_similarity: 0.99 } }))).toEqual(["collapsed_texts"]);
  expect(kinds(history(WINDOW, images))).toEqual([]);
});

test("several warnings at once; missing and NaN values give none", () => {
  const scalars = { loss: 4.2, image_similarity: 1, text_similarity: 1 };
  expect(kinds(history(200, { scalars }))).toEqual([
    "loss_of_guessing",
    "collapsed_images",
    "collapsed_texts",
  ]);
  const bare = history(200).map((seen) => ({ ...seen, scalars: {} }));
  expect(kinds(bare)).toEqual([]);
  const broken = { loss: NaN, temperature: NaN, image_similarity: NaN, text_similarity: NaN };
  expect(kinds(history(200, { scalars: broken }), { minTemperature: 0.01 })).toEqual([]);
});

test("a few updates are not enough for a warning", () => {
  const stuck = history(500, { repeatedCaptions: 64, scalars: { loss: 5 } }, WINDOW - 1);
  expect(kinds(stuck)).toEqual([]);
});
