import * as nodeFs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { explainDiskError, writeDirectoryAtomically, writeFileAtomically } from "./files.ts";

const folder = (): Promise<string> => nodeFs.mkdtemp(join(tmpdir(), "moesaic-files-"));
const text = (...path: string[]): Promise<string> => nodeFs.readFile(join(...path), "utf8");

test("a file is replaced atomically and leaves no temporary name behind", async () => {
  const root = await folder();
  await writeFileAtomically(join(root, "a.json"), "one");
  await writeFileAtomically(join(root, "a.json"), [Buffer.from("tw"), Buffer.from("o")]);
  expect(await text(root, "a.json")).toBe("two");
  expect(await nodeFs.readdir(root)).toEqual(["a.json"]);
});

test("if renaming fails, the old file is kept and the temporary one removed", async () => {
  const root = await folder();
  await writeFileAtomically(join(root, "a.json"), "one");
  const rename = (): Promise<void> =>
    Promise.reject(Object.assign(new Error("quota"), { code: "EDQUOT" }));
  const write = writeFileAtomically(join(root, "a.json"), "two", { ...nodeFs, rename });
  await expect(write).rejects.toThrow(`the disk quota is used up while writing ${root}/a.json`);
  expect(await text(root, "a.json")).toBe("one");
  expect(await nodeFs.readdir(root)).toEqual(["a.json"]);
});

test("a folder is replaced atomically, with the digests of its files", async () => {
  const root = await folder();
  const described = { name: "digests", describe: JSON.stringify };
  await writeDirectoryAtomically(join(root, "5"), { a: "1", b: "2" }, described);
  await writeDirectoryAtomically(
    join(root, "5"),
    { a: [Buffer.from("ab"), Buffer.from("c")] },
    described,
  );
  expect(await nodeFs.readdir(root)).toEqual(["5"]);
  expect((await nodeFs.readdir(join(root, "5"))).sort()).toEqual(["a", "digests"]);
  expect(await text(root, "5", "a")).toBe("abc");
  // The SHA-256 of "abc" is the first example of FIPS 180.
  expect(JSON.parse(await text(root, "5", "digests"))).toEqual({
    a: {
      size: 3,
      sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    },
  });
});

test("errors other than disk errors are rethrown unchanged", () => {
  const error = new RangeError("other");
  expect(explainDiskError(error, "while saving")).toBe(error);
});
