import { extname, resolve } from "node:path";
import { UserError, usageError } from "../../graph/errors.ts";
import { checkIndex, type TextDataset } from "../dataset.ts";
import { dataRoot } from "../read-gzipped.ts";
import { classIndices, inferLabels } from "./classes.ts";
import { type LabelledRow, readLabelledRows } from "./labelled-rows.ts";
import { type LabelledTextSpec, type TableFormat, tableFormats } from "./specs.ts";
import { splitRows } from "./split.ts";
import { readTextFile } from "./text-file.ts";

/**
 * Opens a split of labelled text.
 *
 * @example
 * const set = await openLabelledText({
 *   name: "reviews",
 *   split: "train",
 *   files: { train: "reviews/reviews.csv" },
 *   columns: { text: ["title", "body"], label: "stars" },
 * });
 * set.get(0); // { index: 0, text: "...", label: 4 }
 */
export async function openLabelledText(spec: LabelledTextSpec): Promise<TextDataset> {
  const { name, split, files } = spec;
  const own = split === "train" ? undefined : files[split];
  const training =
    own === undefined || spec.labels === undefined ? await readRows(spec, files.train) : [];
  const labels = spec.labels ?? inferLabels(training, files.train);
  const rows = own === undefined ? training : await readRows(spec, own);
  const classes = classIndices(rows, labels, own ?? files.train);
  const members =
    own === undefined
      ? splitRows(name, split, rows.length, {
          validationSize: files.validation
            ? 0
            : (spec.validationSize ?? Math.floor(rows.length / 10)),
          testSize: files.test ? 0 : (spec.testSize ?? 0),
          seed: spec.splitSeed ?? 0,
        })
      : Uint32Array.from(rows.keys());
  return {
    kind: "text",
    name,
    split,
    length: members.length,
    classNames: namesOf(spec, labels),
    get: (index) => {
      checkIndex(index, members.length, `${name} ${split}`);
      const row = members[index]!;
      return { index, text: rows[row]!.text, label: classes[row]! };
    },
  };
}

async function readRows(spec: LabelledTextSpec, file: string): Promise<LabelledRow[]> {
  const hint = `set data.root to the folder that "${file}" lies in`;
  const path = resolve(dataRoot(spec.root), file);
  const format = spec.format ?? formatOf(file);
  const rows = readLabelledRows(await readTextFile(path, { hint }), format, spec.columns, {
    name: path,
  });
  if (rows.length === 0) throw new UserError(`${path} has no rows`);
  return rows;
}

function formatOf(file: string): TableFormat {
  const ending = extname(file.replace(/\.gz$/, "")).slice(1);
  const format = tableFormats.find((known) => known === ending);
  if (format !== undefined) return format;
  throw usageError(
    `${file}: the format of labelled text is ${tableFormats.join(", ")}, got "${ending}"; rename the file or name its format`,
  );
}

function namesOf(spec: LabelledTextSpec, labels: readonly string[]): readonly string[] {
  const { name, classNames = labels } = spec;
  if (classNames.length === labels.length) return classNames;
  throw usageError(
    `${name}: ${labels.length} labels need as many class names, got ${classNames.length}`,
  );
}
