import { parseHTML } from "linkedom";
import { expect, test } from "vitest";
import type { CaptionSample } from "../../inspect/types/image.ts";
import type { RunRecord } from "../../inspect/types/run-record.ts";
import { groupMetrics } from "../series.ts";
import { captionsSection } from "./captions.ts";

function draw(captions?: readonly CaptionSample[]): Document | undefined {
  const run: RunRecord = {
    name: "run",
    recipe: "recipe",
    config: {},
    summary: {},
    metrics: [],
    classNames: [],
    ...(captions && { captions }),
  };
  const { document } = parseHTML("<!doctype html><html></html>");
  const body = captionsSection.draw({ run, series: groupMetrics([]), document });
  return body === null ? undefined : parseHTML(`<body>${body.html}</body>`).document;
}

const image = { width: 2, height: 1, channels: 3, data: new Uint8Array(6) };

test("each image is shown with its caption and two of its references", () => {
  const page = draw([
    { image, caption: "a <b>red</b> star", references: ["one", "two", "three"] },
    { image, caption: "", references: ['"quoted"'] },
  ])!;
  const [first, second] = [...page.querySelectorAll("figure")];
  const texts = (figure: Element, name: string) =>
    [...figure.querySelectorAll(name)].map(({ textContent }) => textContent);
  expect(texts(first!, ".verdict")).toEqual(["a <b>red</b> star"]);
  expect(texts(first!, ".truth")).toEqual(["one", "two"]);
  expect(first!.querySelector("img")!.getAttribute("height")).toBe("44");
  expect(texts(second!, ".verdict")).toEqual(["(empty caption)"]);
  expect(second!.querySelector("img")!.getAttribute("alt")).toBe('"quoted"');
});

test("a run without captions has no captions section", () => {
  expect(draw()).toBeUndefined();
});
