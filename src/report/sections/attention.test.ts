import { parseHTML } from "linkedom";
import { describe, expect, test } from "vitest";
import { attentionLayer } from "../../inspect/attention.ts";
import type { ImageAttention } from "../../inspect/types/attention.ts";
import type { RunRecord } from "../../inspect/types/run-record.ts";
import { shareDigits } from "../attention-script.ts";
import { renderReport } from "../report.ts";

const image = { width: 2, height: 1, channels: 1, data: new Uint8Array([0, 255]) };
const table = (layer: string, heads: number, keys: number, data: number[]) =>
  attentionLayer({ layer, weights: { shape: [1, 1, heads, 2, keys], data }, sample: 0 });

// Two patches, two heads: in head 0 both attend to patch 0, in head 1 mostly to patch 1.
const attention: ImageAttention = {
  rows: 1,
  cols: 2,
  layers: [table("blocks.0.attn", 2, 2, [1, 0, 1, 0, 0.5, 0.5, 0.25, 0.75])],
};
// Of three words, patch 0 attends to the first and patch 1 to the last.
const text = {
  words: [["a", "<b>"], ["c"]],
  layers: [table("blocks.0.fusion.attn", 1, 3, [0.75, 0.25, 0, 0, 0.25, 0.75])],
};

function runWith(own: ImageAttention): RunRecord {
  const decisions = [
    {
      patch: 1,
      rows: 1,
      cols: 2,
      layers: [{ layer: "blocks.0.moe", probabilities: [0.1, 0.7, 0.2], ids: [1, 2] }],
    },
  ];
  return {
    name: "run",
    recipe: "run",
    config: null,
    summary: {},
    metrics: [],
    classNames: ["cat"],
    mosaics: [{ image, label: 0, layers: [], attention: own, decisions }],
  };
}

const open = (own: ImageAttention) => parseHTML(renderReport(runWith(own))).document;

describe("attention among patches", () => {
  const page = open(attention);

  test("the picture is the mean of all heads and patches, relative to the even share", () => {
    const tile = page.querySelector("#attention .of-patches")!;
    // Means .69 and .31 relative to the even .5: 1.375 and .625 times, in quarter octaves
    // 1.8 above and 2.7 below the middle, level 8.
    const levels = [...tile.querySelectorAll(".heat path")].map((path) => [
      path.getAttribute("class"),
      path.getAttribute("d"),
    ]);
    expect(levels).toEqual([
      ["a5", "M1 0h1v1h-1z"],
      ["a10", "M0 0h1v1h-1z"],
    ]);
  });

  test("the page contains the shares of every head, patch and key in this order", () => {
    const tile = page.querySelector<HTMLElement>("#attention .of-patches")!;
    const levels = [...tile.getAttribute("data-weights")!].map((c) => shareDigits.indexOf(c));
    expect(levels).toEqual([63, 0, 63, 0, 63, 63, 21, 63]);
    expect(tile.getAttribute("data-heads")).toBe("2");
    expect(tile.getAttribute("data-keys")).toBe("2");
    expect(page.querySelector("[data-control=head]")!.getAttribute("max")).toBe("2");
    expect(page.querySelector("#attention [data-word]")).toBeNull();
  });
});

test("the class token's attention is stored with the shares, and a button selects it", () => {
  const weights = { shape: [1, 1, 2, 1, 2], data: [1, 0, 0.25, 0.75] };
  const own = attentionLayer({ layer: "blocks.0.attn", weights, sample: 0 });
  const page = open({ ...attention, classToken: [own] });
  const tile = page.querySelector("#attention .of-patches")!;
  const levels = [...tile.getAttribute("data-class-token")!].map((c) => shareDigits.indexOf(c));
  expect(levels).toEqual([63, 0, 21, 63]);
  expect(page.querySelectorAll("#attention button.class-token")).toHaveLength(1);
  expect(open(attention).querySelector("#attention .class-token")).toBeNull();
});

describe("attention to words", () => {
  const page = open({ ...attention, text });

  test("every word is there, as text, coloured by its attention", () => {
    const words = [...page.querySelectorAll("[data-word]")];
    expect(words.map((word) => word.textContent)).toEqual(["a", "<b>", "c"]);
    // Mean shares .375, .25 and .375 relative to an even third.
    expect(words.map((word) => word.className)).toEqual(["word a9", "word a6", "word a9"]);
    expect(page.querySelectorAll("#attention .words > div")).toHaveLength(2);
  });

  test("the word whose attention varies most is selected first", () => {
    const chosen = [...page.querySelectorAll("[data-word][aria-pressed=true]")];
    expect(chosen.map((word) => word.textContent)).toEqual(["a"]);
    const paths = [...page.querySelectorAll("#attention .of-words .heat path")];
    // Patch 0 gives it 2.25 times the even share, patch 1 none.
    expect(paths.map((path) => [path.getAttribute("class"), path.getAttribute("d")])).toEqual([
      ["a0", "M1 0h1v1h-1z"],
      ["a13", "M0 0h1v1h-1z"],
    ]);
    const outputs = [...page.querySelectorAll("#attention .looks output")];
    expect(outputs.map((output) => output.textContent)).toEqual([
      "Attention of all patches, averaged.",
      "Attention of the patches to \u201ca\u201d.",
    ]);
  });

  test("one slider selects the block of both kinds of maps", () => {
    const layers = [...page.querySelectorAll("#attention [data-layer]")];
    expect(layers.map((tile) => tile.getAttribute("data-layer"))).toEqual(["blocks.0", "blocks.0"]);
  });
});

test("shares that do not match the image are rejected with their sizes", () => {
  const wrong = { ...attention, layers: [table("blocks.0.attn", 1, 3, [1, 0, 0, 1, 0, 0])] };
  expect(renderReport(runWith(wrong))).toContain(
    "This part could not be drawn: blocks.0.attn needs 1 x 2 x 2 shares, got 6 for 2 x 3",
  );
});

test("decisions show the patch, the chosen experts and their kinds", () => {
  const run = runWith(attention);
  const spread = { load: [0.3, 0.3, 0.4], importance: [0.3, 0.3, 0.4] };
  const scores = {
    maxViolation: 0,
    deadExperts: 0,
    localEntropy: 1,
    globalEntropy: 1,
    mutualInformation: 0,
    gateConfidence: 0.5,
    successRate: 1,
    droppedFraction: 0,
  };
  const expertKinds = ["shared", "shared", "modality"];
  const routing = [{ layer: "blocks.0.moe", numExperts: 3, expertKinds, ...spread, scores }];
  const { document } = parseHTML(renderReport({ ...run, routing }));
  const section = document.querySelector("#decisions")!;
  expect(section.textContent).toContain("row 1, column 2");
  const titles = [...section.querySelectorAll("title")].map((title) => title.textContent);
  expect(titles).toEqual([
    "blocks.0.moe, expert 0 (shared): 10.0\u202f%",
    "blocks.0.moe, expert 1 (shared): 70.0\u202f%, choice 1",
    "blocks.0.moe, expert 2 (modality): 20.0\u202f%, choice 2",
  ]);
  const texts = [...section.querySelectorAll(".card svg.chart text")].map((t) => t.textContent);
  expect(texts).toEqual(expect.arrayContaining(["0s", "1s", "2m", "10", "70", "20"]));
});
