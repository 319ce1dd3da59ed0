/** `moesaic retrieve` and `moesaic embed` on a trained run, and their functions. */
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import { parseHTML } from "linkedom";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cosineMatrix, largest, retrievalScores } from "../../src/evaluate/index.ts";
import { decodeNpy } from "../../src/formats/index.ts";
import { openEmbedder } from "../../src/runs/index.ts";
import { moesaic, temporaryFolder, tinyRecipe } from "./moesaic.fixture.ts";
import { json, refusal, trainPairs, writePictureFolder } from "./pairs.fixture.ts";

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder.path, ...names);
let run = "";
let pictures = "";
beforeAll(async () => {
  run = await trainPairs(folder.path);
  pictures = writePictureFolder(folder.path);
});
afterAll(folder.remove);

function readTable(path: string) {
  const { shape, data } = decodeNpy(readFileSync(path));
  const about = JSON.parse(readFileSync(path.replace(/npy$/, "json"), "utf8"));
  return { shape, width: shape[1]!, data, about };
}

describe("embed", () => {
  test("images and captions of a split, which reproduce training's retrieval scores", async () => {
    const images = at("images.npy");
    expect(await json("embed", run, "--out", images)).toMatchObject({ rows: 24, width: 16 });
    expect((await moesaic("embed", run, "--captions", "--out", at("captions.npy"))).code).toBe(0);
    const [seen, told] = [readTable(images), readTable(at("captions.npy"))];
    expect(seen.about).toMatchObject({ run, step: 12, source: "shapes test", width: 16 });
    expect(Object.keys(seen.about.rows[0])).toEqual(["id", "caption", "label"]);
    expect(told.about.rows[3].caption).toBe(seen.about.rows[3].caption);
    const owners = told.about.rows.map(({ image }: { image: number }) => image);
    const summary = JSON.parse(readFileSync(join(run, "summary.json"), "utf8"));
    const captions = told.about.rows.map(({ caption }: { caption: string }) => caption);
    expect(summary.test).toMatchObject(retrievalScores(seen, told, owners, captions));
    for (let row = 0; row < 24; row++) {
      expect(Math.hypot(...seen.data.subarray(row * 16, (row + 1) * 16))).toBeCloseTo(1, 5);
    }
  });

  test("texts: an empty one, a long one, one with unknown words; as Parquet", async () => {
    const long = "a red star ".repeat(20).trim();
    writeFileSync(at("texts.txt"), `a red star\r\n\n${long}\na purple zebra\n`);
    const out = at("texts.parquet");
    const { code, err } = await moesaic("embed", run, "--texts", at("texts.txt"), "--out", out);
    expect(code, err).toBe(0);
    expect(err).toContain(
      `1 of 4 texts truncated to 12 tokens, end kept; the first: "${long.slice(0, 60)}..."`,
    );
    expect(err).toContain("1 of 4 texts without words");
    const rows = await parquetReadObjects({ file: await asyncBufferFromFile(out) });
    expect(rows.map(({ id, text }) => [id, text])).toEqual([
      [0, "a red star"],
      [1, ""],
      [2, long],
      [3, "a purple zebra"],
    ]);
    for (const { embedding } of rows) expect(Math.hypot(...embedding)).toBeCloseTo(1, 5);
  });

  test("pictures of a folder have their paths", async () => {
    const out = at("folder.npy");
    const { code, err } = await moesaic("embed", run, "--images", pictures, "--out", out);
    expect([code, err.includes("skipped 1 of 3 pictures")]).toEqual([0, true]);
    expect(readTable(out).about.rows).toEqual([
      { id: 0, path: "deep/blue.png" },
      { id: 1, path: "red.png" },
    ]);
  });

  test.each<[string, string[], string]>([
    ["another ending", ["--out", "x.csv"], "ending in .npy or .parquet, got x.csv"],
    ["a missing folder", ["--out", "no/x.npy"], "the folder no does not exist"],
    ["no name", [], "required option --out <file> not specified"],
    [
      "texts of a split",
      ["--out", "x.npy", "--texts", "t", "--split", "test"],
      "--texts cannot be combined with --split",
    ],
    [
      "captions of a folder",
      ["--out", "x.npy", "--images", ".", "--captions"],
      "--captions cannot be combined with --images",
    ],
    ["a missing file", ["--out", "x.npy", "--texts", "none.txt"], "none.txt is missing"],
  ])("%s is refused", async (_, argv, message) => {
    expect(await refusal("embed", run, ...argv)).toContain(message);
  });
});

interface Found {
  readonly source: string;
  readonly matches: { cosine: number; image: number | string; caption?: string }[];
}

describe("retrieve", () => {
  test("the nearest images of a text match all embeddings, and a page shows them", async () => {
    const page = at("page.html");
    const argv = ["--text", "a red <star>", "--top", "4", "--html", page];
    const { source, matches } = await json<Found>("retrieve", run, ...argv);
    expect(source).toBe("shapes test");
    using opened = await openEmbedder(run);
    const images = await opened.embedImages(await opened.openImages({ split: "test" }));
    const cosines = cosineMatrix(await opened.embedTexts(["a red <star>"]), images);
    const wanted = largest(cosines, 4);
    expect(matches.map(({ image }) => image)).toEqual(wanted);
    for (const [rank, { cosine, caption }] of matches.entries()) {
      expect(cosine).toBe(cosines[wanted[rank]!]);
      expect(caption).toBe(images.captions[wanted[rank]!]![0]);
    }
    const { document } = parseHTML(readFileSync(page, "utf8"));
    expect(document.querySelector("h1")!.textContent).toBe("a red <star>");
    expect(document.querySelectorAll('.found img.small[src^="data:image/png"]')).toHaveLength(4);
    expect(document.querySelector("figcaption")!.textContent).toContain(matches[0]!.caption!);
    expect(document.querySelectorAll("script, link, img:not([src^=data])")).toHaveLength(0);
  });

  test("pictures of a folder are shown as original files", async () => {
    const page = at("folder.html");
    const argv = ["retrieve", run, "--text", "", "--images", pictures, "--html", page];
    const { code, out, err } = await moesaic(...argv);
    expect(code, err).toBe(0);
    expect(err).toContain("1 of 1 text without words");
    expect(out).toMatch(/^rank +cosine +image\n +1 +-?[\d.]+ +(deep\/blue|red)\.png\n/);
    const { document } = parseHTML(readFileSync(page, "utf8"));
    expect(document.querySelectorAll(".found img")).toHaveLength(2);
  });

  test("the nearest captions of a picture", async () => {
    const page = at("captions.html");
    const argv = ["--image", join(pictures, "red.png"), "--top", "3", "--html", page];
    const { source, matches } = await json<Found>("retrieve", run, ...argv);
    expect(source).toBe("captions of shapes test");
    expect(matches).toHaveLength(3);
    expect(matches[0]!.cosine).toBeGreaterThanOrEqual(matches[1]!.cosine);
    const { document } = parseHTML(readFileSync(page, "utf8"));
    expect(document.querySelectorAll("img.query")).toHaveLength(1);
    expect(document.querySelectorAll(".found img")).toHaveLength(3);
  });

  test.each<[string, string[], string]>([
    ["nothing to look for", [], "exactly one of --text and --image is required"],
    [
      "two things",
      ["--text", "a", "--image", "b"],
      "exactly one of --text and --image is required",
    ],
    [
      "captions of a folder",
      ["--image", "b", "--images", "."],
      "--image cannot be combined with --images",
    ],
    ["a missing picture", ["--image", "none.png"], "there is no picture none.png"],
    ["a missing folder", ["--text", "a", "--html", "no/x.html"], "the folder no does not exist"],
    ["no results", ["--text", "a", "--top", "0"], "--top takes a whole number >= 1"],
  ])("%s is refused", async (_, argv, message) => {
    expect(await refusal("retrieve", run, ...argv)).toContain(message);
  });
});

describe("an opened embedder", () => {
  test("embeds single inputs like batches, and disposes of its sessions", async () => {
    const opened = await openEmbedder(run);
    const source = await opened.openImages({ split: "test" });
    const all = await opened.embedImages(source);
    const alone = await opened.embedImages(source, { indices: [7] });
    expect(alone.labels).toEqual(all.labels.slice(7, 8));
    for (let p = 0; p < 16; p++) expect(alone.data[p]).toBeCloseTo(all.data[7 * 16 + p]!, 5);
    const texts = ["a red star", "a large striped blue arrow", ""];
    const [many, one] = [
      await opened.embedTexts(texts),
      await opened.embedTexts(texts.slice(1, 2)),
    ];
    for (let p = 0; p < 16; p++) expect(one.data[p]).toBeCloseTo(many.data[16 + p] as number, 5);
    expect(opened).toMatchObject({ width: 16, contextLength: 12, bias: 0 });
    expect(opened.scale).toBeGreaterThan(1);
    opened.dispose();
    await expect(opened.embedTexts(["a"])).rejects.toThrow();
  });

  test("a run of another system is refused", async () => {
    const other = at("other");
    cpSync(run, other, { recursive: true });
    writeFileSync(join(other, "config.yaml"), `recipe: tiny\n${tinyRecipe}`);
    expect(await refusal("embed", other, "--out", at("x.npy"))).toContain(
      "is a run of diff-moe, which does not compare images with texts; name a run of limoe",
    );
  });
});
