import { parseHTML } from "linkedom";
import { describe, expect, test } from "vitest";
import type { RunRecord } from "../../inspect/types/run-record.ts";
import { inkOn } from "../color.ts";
import { expertColors } from "../palette.ts";
import { renderReport } from "../report.ts";
import { fixtureLanguageRun, fixtureSentenceRun, fixtureTrace } from "../text.fixture.ts";

const open = (run: RunRecord) => parseHTML(renderReport(run)).document;

describe("a language model", () => {
  const page = open(fixtureLanguageRun());
  const layer = page.querySelector('#tokens [data-layer="blocks.1.moe"]')!;

  test("every token of every layer is marked with its expert and shows the number", () => {
    const tokens = [...layer.querySelectorAll(".tokens i")];
    expect(tokens.map((token) => token.getAttribute("data-expert"))).toEqual(
      Array.from({ length: 17 }, (_, i) => String((2 * i) % 4)),
    );
    expect(tokens.map((token) => token.querySelector("b")!.textContent)).toEqual(
      tokens.map((token) => token.getAttribute("data-expert")),
    );
    expect(tokens.slice(0, 4).map((token) => token.className)).toEqual(["", "g1", "g0", ""]);
    expect(page.querySelectorAll("#tokens [data-layer]")).toHaveLength(2);
    expect(layer.querySelector(".tokens")!.getAttribute("aria-label")).toBe(
      "blocks.1.moe: tokens by expert, expert 0: 9, expert 2: 8",
    );
  });

  test("white space is visible, and lines end once", () => {
    const shown = [...layer.querySelectorAll(".tokens i")].map(
      (token) => token.firstChild!.textContent,
    );
    expect(shown.join("")).toBe("To\u2423be,\u21b5\u21b5or\u2423not\u21e5to");
    expect(layer.querySelectorAll(".tokens br")).toHaveLength(1);
    expect(page.querySelector("#tokens .passage")!.textContent).toBe("To be,\n\nor not\tto");
  });

  test("experts have colours, a legend with shares, and a slider over layers", () => {
    const style = page.querySelector("style")!.textContent;
    const color = expertColors(4)[3]!;
    expect(style).toContain(
      `[data-expert="3"] { --expert: ${color}; --expert-ink: ${inkOn(color)}; }`,
    );
    const buttons = [...page.querySelectorAll("#tokens button.expert")];
    expect(buttons.map((button) => button.querySelector(".swatch")!.textContent)).toEqual([
      "0",
      "1",
      "2",
      "3",
    ]);
    // Of 34 first choices, expert 1 has 4 in layer 0; expert 0 has 5 and 9.
    expect(
      buttons.slice(0, 2).map((button) => button.querySelector(".share")!.textContent),
    ).toEqual(["41\u202f%", "12\u202f%"]);
    expect(page.querySelector("#tokens [data-control=layer]")!.getAttribute("max")).toBe("2");
  });

  test("generated text follows its prompt, as text", () => {
    const samples = [...page.querySelectorAll("#samples figure")];
    expect(samples.map((sample) => sample.querySelector("h3")!.textContent)).toEqual([
      "Temperature 0.5",
      "Temperature 1",
    ]);
    expect(samples[0]!.querySelector("p")!.textContent).toBe("ROMEO:\nO <b>Juliet</b>");
  });

  test("the header shows the loss per token, and per character if they differ", () => {
    const head = (charactersPerToken: number) => {
      const document = open(fixtureLanguageRun(charactersPerToken));
      const text = document.querySelector("h1")!.textContent.replaceAll("\u00a0", " ");
      return [text, document.querySelector("dl small")!.textContent];
    };
    expect(head(1)).toEqual([
      "A validation loss of 1.75 nats per token after 5,000 steps in 12 min 0 s.",
      "nats per token",
    ]);
    expect(head(2.5)).toEqual([
      "A validation loss of 1.75 nats per token (0.7 per character) after 5,000 steps in 12 min 0 s.",
      "nats per token; 0.7 per character",
    ]);
  });
});

describe("a classifier of sentences", () => {
  const page = open(fixtureSentenceRun());

  test("each text has its true and predicted class", () => {
    const captions = [...page.querySelectorAll("#tokens figcaption")].map((caption) =>
      caption.textContent.trim(),
    );
    expect(captions).toEqual([
      "positive \u2713 correcta fine film",
      "negative \u2717 predicted positivedull <unknown>",
    ]);
  });

  test("the table lists wrong texts first, most confident at the top, by class name", () => {
    const tables = [...page.querySelectorAll("#predictions table")];
    const rows = tables.map((table) =>
      [...table.querySelectorAll("tbody tr")].map((row) =>
        [...row.querySelectorAll("td")].map((cell) => cell.textContent),
      ),
    );
    expect(rows).toEqual([
      [
        [`${"x".repeat(299)}\u2026`, "positive", "negative", "97\u202f%"],
        ["dull & long", "negative", "positive", "60\u202f%"],
      ],
      [["a fine film", "positive", "positive", "90\u202f%"]],
    ]);
    expect(page.querySelector("#confusion thead")!.textContent).toContain("texts");
  });
});

test("dropped tokens are marked, and experts without their own colour are numbers", () => {
  const trace = fixtureTrace(["a", "b"]);
  const layers = [{ ...trace.layers[0]!, ids: [[4, -1]] }];
  const page = open({ ...fixtureLanguageRun(), tokenTraces: [{ ...trace, layers }] });
  expect(page.querySelectorAll("#tokens .dropped")).toHaveLength(2);
  expect(page.querySelectorAll("#tokens .tokens [data-expert]")).toHaveLength(0);
  expect(page.querySelector("#tokens [data-control]")).toBeNull();
});

test("many long texts are limited to the size limit of the page", () => {
  const tokens = Array.from({ length: 2000 }, () => "a");
  const tokenTraces = Array.from({ length: 9 }, () => fixtureTrace(tokens));
  const page = open({ ...fixtureLanguageRun(), tokenTraces });
  expect(page.querySelectorAll("#tokens figure")).toHaveLength(3);
});

test("hostile tokens are shown as text", () => {
  const hostile = `<img src=x onerror=alert(1)>"`;
  const trace = fixtureTrace([hostile]);
  const layers = trace.layers.map((layer) => ({ ...layer, layer: hostile }));
  const html = renderReport({ ...fixtureSentenceRun(), tokenTraces: [{ ...trace, layers }] });
  expect(html.replace(/="[^"]*"/g, "")).not.toContain("<img src=x");
});
