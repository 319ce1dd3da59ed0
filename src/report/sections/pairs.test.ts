import { parseHTML } from "linkedom";
import { describe, expect, test } from "vitest";
import type { RunRecord } from "../../inspect/types/run-record.ts";
import { fixturePairRun } from "../pairs.fixture.ts";
import { renderReport } from "../report.ts";

const open = (run: RunRecord) => parseHTML(renderReport(run)).document;
const all = (root: ParentNode, selector: string): string[] =>
  [...root.querySelectorAll(selector)].map(({ textContent }) => textContent!.trim());

const run = fixturePairRun({ layers: 3, pairs: 24 });
const page = open(run);
const section = (id: string) => page.querySelector(`#${id}`)!;

test("image-text models have their own sections, and the page is small", () => {
  expect(all(page, "nav a").slice(0, 4)).toEqual(["Retrieval", "Modalities", "Gallery", "Experts"]);
  expect(page.querySelector("h1")!.textContent).toContain("validation zero shot accuracy");
  expect(all(page, ".figures dt")).toContain("test text to image R@1");
  const html = renderReport(fixturePairRun({ layers: 12, experts: 32, pairs: 24 }));
  expect(html.length).toBeLessThan(1_500_000);
  const text = html.replace(/data:image[^"]*|<script>.*<\/script>/gs, "");
  expect(/.{0,40}(?:NaN|undefined|could not be drawn).{0,40}/.exec(text)?.[0]).toBeUndefined();
});

describe("modalities", () => {
  test("a sentence counts the experts per modality", () => {
    const routing = run.routing!.slice(0, 1).map((entry) => {
      const [labelled] = entry.labels!;
      const counts = [[95, 60, 5, 0], [5, 40, 95, 0]]; // biome-ignore format: a matrix
      return { ...entry, labels: [{ ...labelled!, counts }] };
    });
    const drawn = open({ ...run, routing }).querySelector("#modalities")!;
    const lede = drawn.querySelector(".lede")!.textContent!;
    // Of 300 tokens, 160 are of images: the majority, so .95 is required.
    expect(lede.replaceAll("\u202f", " ")).toContain(
      "Of 4 experts in one layer, 1 receives at least 95 % image tokens, 1 receives at least 80 % text tokens, and 1 receives a mix; 1 is almost unused.",
    );
    expect(all(drawn, "figcaption")).toEqual(["Experts for image: 0; text: 2. Almost unused: 3."]);
  });

  test("each layer has a chart, and a row with the success rate per modality", () => {
    expect(section("modalities").querySelectorAll("figure")).toHaveLength(3);
    const [image, text] = run.routing![0]!.modalities!;
    const percent = (value: number) => `${(value * 100).toFixed(1)}\u202f%`;
    expect(all(section("modalities"), "tbody tr:first-child td").slice(0, 3)).toEqual([
      "blocks.0.moe",
      percent(image!.scores.successRate),
      percent(text!.scores.successRate),
    ]);
  });

  test("towers of one modality have no such section", () => {
    const routing = run.routing!.map((entry) => ({
      ...entry,
      modalities: entry.modalities!.slice(0, 1),
      labels: entry.labels!.slice(1),
    }));
    expect(open({ ...run, routing }).querySelector("#modalities")).toBeNull();
  });
});

describe("gallery", () => {
  const [first] = [...section("gallery").querySelectorAll("[data-layer]")].slice(1);

  test("every expert has its patches in one picture, and its words with their shares", () => {
    const experts = [...first!.querySelectorAll("figure")];
    expect(experts).toHaveLength(8);
    const [entry] = run.galleries![1]!.experts;
    const [card] = experts;
    expect(card!.querySelectorAll("image")).toHaveLength(1);
    expect(all(card!, "title")).toEqual(
      entry!.patches.map(
        ({ index, patch, probability }) =>
          `image ${index}, patch ${patch}: probability ${probability.toFixed(2)}`,
      ),
    );
    const six = run.galleries![1]!.experts[6]!.words[0]!;
    const [word] = [...experts[6]!.querySelectorAll(".typical li")];
    expect(word!.textContent).toBe(
      `${six.text} ${((six.count / six.total) * 100).toFixed(0)}\u202f%`,
    );
    expect(word!.getAttribute("title")).toContain(
      `${six.text}: ${six.count} of ${six.total} occurrences, `,
    );
    expect(all(experts[7]!, ".none")).toEqual(["No patch.", "No typical word."]);
  });

  test("with too many experts, layers from first to last are shown with fewer patches", () => {
    const many = open(fixturePairRun({ layers: 5, experts: 48, pairs: 8 }));
    expect(all(many, "#gallery h3")).toEqual(["blocks.0.moe", "blocks.4.moe"]);
    expect(many.querySelector("#gallery .lede")!.textContent).toContain("2 of 5 layers are shown.");
  });

  test("layers over images only do not mention words", () => {
    const galleries = run.galleries!.map((layer) => ({
      ...layer,
      numWords: 0,
      experts: layer.experts.map((expert) => ({ ...expert, numWords: 0, words: [] })),
    }));
    const text = open({ ...run, galleries }).querySelector("#gallery .gallery")!.textContent!;
    expect(text).toContain("of patches");
    expect(text).not.toMatch(/words?\b/);
  });
});

describe("retrieval", () => {
  test("recall of both directions, with chance", () => {
    const rows = [...section("retrieval").querySelectorAll("tbody tr")].map((row) =>
      all(row, "td").map((cell) => cell.replaceAll("\u202f", " ")),
    );
    expect(rows).toEqual([
      ["test", "text to image", "41.0 %", "88.0 %", "95.0 %"],
      ["test", "image to text", "43.0 %", "86.0 %", "97.0 %"],
      ["validation", "text to image", "43.8 %", "90.0 %", ""],
      ["chance", "24 images", "4.2 %", "20.8 %", "41.7 %"],
    ]);
  });

  test("matching pairs are marked by more than colour", () => {
    const { byText, byImage } = run.retrieval!;
    const grids = [...section("retrieval").querySelectorAll(".grid")];
    expect(grids[0]!.querySelectorAll("img")).toHaveLength(6 * 5);
    expect(all(grids[0]!, "h4")).toEqual(byText.map(({ text }) => text));
    for (const [i, figure] of [...grids[0]!.querySelectorAll("figure")].entries()) {
      const own = byText[i]!.images.filter((match) => match.own);
      expect(figure.querySelectorAll('.own [aria-label="own"]')).toHaveLength(own.length);
      expect(figure.querySelectorAll('img[alt="its own image"]')).toHaveLength(own.length);
    }
    expect(all(grids[1]!, "figcaption")).toEqual(
      byImage.map(({ rank }) =>
        rank === 1 ? "Its best text has rank 1." : `Its best text has rank ${rank} of 24.`,
      ),
    );
  });

  test("scores without samples are only a table", () => {
    const { retrieval: _, ...rest } = run;
    const scores = open(rest).querySelector("#retrieval")!;
    expect(scores.querySelectorAll("tbody tr")).toHaveLength(3);
    expect(scores.querySelector("img")).toBeNull();
  });
});

test("the first three prompts of each class are shown", () => {
  const cells = all(section("confusion"), ".prompts tr:first-child > *");
  expect(cells).toEqual(["circle", "a circle; a photo of a circle; one circle; and 1 more"]);
});

test("label headings mention image tokens", () => {
  expect(all(section("experts"), "h3").join()).toContain("Experts by color percent of each color, image tokens only"); // biome-ignore format: one sentence
  expect(all(section("experts"), "h3").join()).toContain("Experts by modality percent of each modality,"); // biome-ignore format: one sentence
});

test("hostile words and captions are shown as text", () => {
  const hostile = `<img src=x onerror=alert(1)>"`;
  const { retrieval, galleries } = run;
  const html = renderReport({
    ...run,
    classPrompts: [[hostile]],
    galleries: galleries!.map((layer) => ({
      ...layer,
      layer: hostile,
      experts: layer.experts.map((expert) => ({
        ...expert,
        words: [{ text: hostile, count: 1, total: 1 }],
      })),
    })),
    retrieval: {
      ...retrieval!,
      split: hostile,
      byText: retrieval!.byText.map((sample) => ({ ...sample, text: hostile })),
      byImage: retrieval!.byImage.map((sample) => ({
        ...sample,
        texts: sample.texts.map((match) => ({ ...match, text: hostile })),
      })),
    },
  });
  expect(html.replace(/="[^"]*"/g, "")).not.toContain("<img src=x");
});
