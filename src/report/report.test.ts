import { createHash } from "node:crypto";
import { parseHTML } from "linkedom";
import { describe, expect, test } from "vitest";
import type { RunRecord } from "../inspect/types/run-record.ts";
import { fixtureRun } from "./report.fixture.ts";
import { renderReport } from "./report.ts";
import { resultSentence } from "./sections/head.ts";

const sections = (page: string) =>
  [...parseHTML(page).document.querySelectorAll("section")].map((section) => section.id);

describe("a whole run", () => {
  const run = fixtureRun();
  const page = renderReport(run);
  const { document } = parseHTML(page);

  test("summarises the result in one sentence", () => {
    expect(document.querySelector("h1")!.textContent.replaceAll("\u00a0", " ")).toBe(
      "96.4\u202f% test accuracy after 1,500 steps in 1 min 32 s; 4.5M parameters, 2.1M active per token.",
    );
  });

  test("has every section, each linked from the top", () => {
    const ids = [
      "mosaic",
      "attention",
      "experts",
      "decisions",
      "training",
      "confusion",
      "predictions",
      "configuration",
    ];
    expect(sections(page)).toEqual(ids);
    expect([...document.querySelectorAll("nav a")].map((a) => a.getAttribute("href"))).toEqual(
      ids.map((id) => `#${id}`),
    );
  });

  test("shows key figures, configuration and versions", () => {
    const figures = document.querySelector("dl")!.textContent;
    for (const value of ["96.8\u202f%", "0.121", "67k", "47\u202f% of all", "chance 12.5\u202f%"]) {
      expect(figures).toContain(value);
    }
    expect(document.querySelector("#configuration")!.textContent).toContain("num_experts: 8");
    expect(document.querySelector("#configuration")!.textContent).toContain("20.20.0");
  });

  test("draws one mosaic per image and layer, with a numbered legend", () => {
    expect(document.querySelectorAll("#mosaic .sample")).toHaveLength(12);
    expect(document.querySelectorAll("#mosaic .tile[data-layer]")).toHaveLength(12 * 4);
    expect([...document.querySelectorAll(".expert .swatch")].map((s) => s.textContent)).toEqual([
      "0",
      "1",
      "2",
      "3",
      "4",
      "5",
      "6",
      "7",
    ]);
  });

  test("shows the routing of each layer in numbers, over training and by label", () => {
    const experts = document.querySelector("#experts")!;
    const [routing, agreement, labels] = [...experts.querySelectorAll("table")];
    const cells = [...routing!.querySelectorAll("tbody tr")].map((row) =>
      [...row.querySelectorAll("td")].map((cell) => cell.textContent),
    );
    expect(cells).toHaveLength(4);
    expect(cells[3]!).toEqual([
      "blocks.3.moe",
      "2.01",
      "1",
      "1.00",
      "2.05",
      "1.05",
      "70.0\u202f%",
      "97.0\u202f%",
    ]);
    const [first] = run.routing!;
    const { association } = first!.labels![1]!;
    expect(
      [...labels!.querySelectorAll("tbody tr:first-child td")]
        .slice(3, 5)
        .map((c) => c.textContent),
    ).toEqual([
      association.normalizedMutualInformation.toFixed(3),
      association.cramersV.toFixed(3),
    ]);
    expect([...labels!.querySelectorAll("thead th")].map((c) => c.textContent)).toEqual([
      "layer",
      "NMI, class",
      "V, class",
      "NMI, domain",
      "V, domain",
      "NMI, color",
      "V, color",
    ]);
    expect(agreement!.textContent).toContain("91.0\u202f%");
    const headings = [...experts.querySelectorAll("h3")].map((h) => h.textContent);
    for (const heading of ["Expert imbalance", "Success rate", "Experts by class", "by domain"]) {
      expect(
        headings.some((text) => text.includes(heading)),
        heading,
      ).toBe(true);
    }
  });

  test("lists mistakes first and marks the true class", () => {
    const first = document.querySelector(".prediction")!;
    expect(first.querySelector(".wrong")).not.toBeNull();
    expect(first.querySelectorAll(".bars li")).toHaveLength(3);
    expect(document.querySelectorAll(".verdict.right")).toHaveLength(11);
  });

  test("is self-contained, runs only its own script, is small", () => {
    expect(page).not.toMatch(/(?:src|href)="(?!#|data:image\/png;base64,)/);
    expect(page).not.toMatch(/url\(|@import|https?:\/\/(?!www\.w3\.org)/);
    const scripts = [...page.matchAll(/<script>(.*?)<\/script>/gs)];
    expect(scripts).toHaveLength(1);
    const digest = createHash("sha256").update(scripts[0]![1]!).digest("base64");
    expect(page).toContain(`script-src 'sha256-${digest}'`);
    expect(page.length).toBeLessThan(1_500_000);
  });

  test("references every embedded picture by an existing id", () => {
    const ids = new Set([...page.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]));
    const used = [...page.matchAll(/<use [^>]*href="#([^"]+)"/g)].map((match) => match[1]);
    expect(used).toHaveLength(48 + 8); // mosaics, and attention of three images;
    expect(used.every((id) => ids.has(id))).toBe(true);
  });
});

test("hostile names are shown as text everywhere", () => {
  const hostile = `</title></svg><script>alert(1)</script><img src=x onerror=alert(2)>"'`;
  const run = fixtureRun({ layers: 2, samples: 2, steps: 50 });
  const page = renderReport({
    ...run,
    name: hostile,
    recipe: hostile,
    classNames: run.classNames.map(() => hostile),
    config: { [hostile]: hostile },
    summary: { ...run.summary, versions: { [hostile]: hostile }, test: { [hostile]: 0.5 } },
    metrics: run.metrics.map((event) => ({
      ...event,
      name: event.name.replace("blocks", hostile),
    })),
    routing: run.routing!.map((entry) => ({ ...entry, layer: hostile })),
    mosaics: run.mosaics!.map((mosaic) => ({
      ...mosaic,
      caption: hostile,
      layers: mosaic.layers.map((layer) => ({ ...layer, layer: hostile })),
    })),
  });
  // Inside a quoted attribute "<" is text; remove attributes before looking for elements.
  const bare = page.replace(/="[^"]*"/g, "");
  expect(bare.match(/<script/g)).toHaveLength(1);
  expect(bare).not.toContain("<img src=x");
  expect(/<[^>]*\sonerror=/.test(bare)).toBe(false);
  expect(bare).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
});

const empty: RunRecord = {
  name: "empty",
  recipe: "none",
  config: null,
  summary: {},
  metrics: [],
  classNames: [],
};

test("a run without data has only a header", () => {
  const page = renderReport(empty);
  expect(sections(page)).toEqual([]);
  expect(page).toContain("No score was recorded.");
});

test.each(["confusion", "predictions", "routing", "mosaics"] as const)(
  "works without %s",
  (part) => {
    const { [part]: _, ...rest } = fixtureRun({ layers: 1, samples: 1, steps: 20 });
    const page = renderReport(rest as RunRecord);
    expect(page).not.toContain("could not be drawn");
    // Image data may contain any text, and the script contains undefined.
    const text = page.replace(/data:image[^"]*|<script>.*<\/script>/gs, "");
    expect(/.{0,40}(?:NaN|undefined).{0,40}/.exec(text)?.[0]).toBeUndefined();
  },
);

test("modalities have their own table rows, and no charts", () => {
  const run = fixtureRun({ layers: 1, samples: 1, steps: 20 });
  const [whole] = run.routing!;
  const { load, importance, scores } = whole!;
  const modalities = ["image", "text"].map((modality) => ({ modality, load, importance, scores }));
  const events = run.metrics.filter(({ name }) => name.startsWith("experts/"));
  const text = events.map((event) => ({
    ...event,
    name: event.name.replace("blocks.0.moe/", "blocks.0.moe/text/"),
  }));
  const page = renderReport({
    ...run,
    metrics: [...run.metrics, ...text],
    routing: [{ ...whole!, modalities }],
  });
  const { document } = parseHTML(page);
  const names = [...document.querySelectorAll("#experts tbody tr td:first-child")];
  expect(names.map((cell) => cell.textContent).slice(0, 3)).toEqual([
    "blocks.0.moe",
    "image",
    "text",
  ]);
  const plain = parseHTML(renderReport(run)).document;
  for (const id of ["#experts svg", "#training svg", "#experts .legend li"]) {
    expect(document.querySelectorAll(id).length, id).toBe(plain.querySelectorAll(id).length);
  }
});

test("a run without logged routing has no routing tables", () => {
  const { routing: _, agreement: __, mosaics: ___, ...rest } = fixtureRun({ steps: 20 });
  const metrics = rest.metrics.filter(({ name }) => !name.startsWith("experts/"));
  expect(sections(renderReport({ ...rest, metrics }))).not.toContain("experts");
});

test("a part that cannot be drawn shows the reason; the others are drawn", () => {
  const run = fixtureRun({ layers: 1, samples: 1, steps: 20 });
  const image = { width: 9, height: 9, channels: 3, data: new Uint8Array(1) };
  const page = renderReport({ ...run, mosaics: [{ ...run.mosaics![0]!, image }] });
  expect(page).toContain("This part could not be drawn: image of 9x9x3 needs 243 bytes, got 1");
  expect(sections(page)).toContain("training");
});

test("non-finite values are counted and not drawn", () => {
  const losses = [2, Number.NaN, 1, Number.POSITIVE_INFINITY];
  const metrics = losses.map((value, step) => ({
    step,
    epoch: 0,
    split: "train",
    name: "loss",
    value,
    seconds: 0,
  }));
  const page = renderReport({ ...empty, metrics });
  expect(page).toContain("2 values are not finite and not drawn.");
  expect(page).not.toMatch(/ d="[^"]*(NaN|Infinity)/);
});

test("the sentence contains the available facts", () => {
  expect(resultSentence({ summary: { validation: { loss: 0.5 }, steps: 1 } })).toBe(
    "0.5 validation loss after 1 step.",
  );
  expect(resultSentence({ summary: { test: { loss: 1, zero_shot_accuracy: 0.25 } } })).toBe(
    "25.0\u202f% test zero shot accuracy.",
  );
});

test("the accuracy of a captioner is of its next tokens", () => {
  const summary = { test: { accuracy: 0.5, bleu4: 0.1 } };
  expect(resultSentence({ summary, captions: [] })).toBe("50.0\u202f% test next-token accuracy.");
  const { document } = parseHTML(
    renderReport({ ...empty, summary, captions: [], classNames: ["star", "ring"] }),
  );
  const [figure] = document.querySelectorAll(".figures div");
  expect(figure!.querySelector("dt")!.textContent).toBe("test next-token accuracy");
  expect(figure!.querySelector("small")).toBeNull(); // no chance of classes
});
