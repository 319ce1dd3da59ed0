/** The report of own data: what a reader left out or doubts, counted by reason. */

/** Things of one kind that a reader left out for one reason. */
export interface SkippedItems {
  readonly kind: "skipped";
  /** What was left out, in the plural: "pictures", "files", "rows". */
  readonly what: string;
  readonly reason: string;
  readonly count: number;
  /** Number of all things of this kind, if it is known. */
  readonly of?: number;
  /** The first of them, and details that differ from one to the next. */
  readonly example: string;
  /** One sentence. */
  readonly message: string;
}

/** A doubt about data that are read all the same. */
export interface DataWarning {
  readonly kind: "warning";
  /** One sentence. */
  readonly message: string;
}

/** One line of a report. */
export type ReportItem = SkippedItems | DataWarning;

/** Collects the items of one reader. */
export interface DataReport {
  /**
   * Counts one thing that is left out.
   *
   * @param what kind of thing, in the plural
   * @param reason a sentence that fits all things that it counts
   * @param example the place of the thing
   * @param of number of all things of this kind, if it is known
   */
  skip(what: string, reason: string, example: string, of?: number): void;
  /** Adds a doubt, once. */
  warn(message: string): void;
  items(): ReportItem[];
}

/** Receives the report of a reader when the data are open. */
export interface ReportHooks {
  /** Called once for each item; by default a warning of the process. */
  readonly onReport?: (item: ReportItem) => void;
}

const maxReasons = 20;
const other = "other reasons";

/**
 * An empty report.
 *
 * @param name of the data, which begins every sentence
 * @example
 * const report = createDataReport("image-folder train");
 * report.skip("files", "their names end in .txt", "pets/notes.txt");
 * report.items()[0].message;
 * // "image-folder train: skipped 1 file: their names end in .txt; the first: pets/notes.txt"
 */
export function createDataReport(name: string): DataReport {
  const skipped = new Map<string, Omit<SkippedItems, "message">>();
  const warnings = new Set<string>();
  return {
    skip(what, reason, example, of) {
      const full = skipped.size >= maxReasons && !skipped.has(`${what}\0${reason}`);
      const told = full ? other : reason;
      const key = `${what}\0${told}`;
      const before = skipped.get(key);
      if (before !== undefined) skipped.set(key, { ...before, count: before.count + 1 });
      else {
        const item = { kind: "skipped", what, reason: told, count: 1, example } as const;
        skipped.set(key, of === undefined ? item : { ...item, of });
      }
    },
    warn: (message) => warnings.add(`${name}: ${message}`),
    items: () => [
      ...[...skipped.values()].map((item) => ({ ...item, message: sentence(name, item) })),
      ...[...warnings].map((message) => ({ kind: "warning", message }) as const),
    ],
  };
}

function sentence(name: string, item: Omit<SkippedItems, "message">): string {
  const { what, reason, count, of, example } = item;
  const things = count === 1 && of === undefined ? what.replace(/s$/, "") : what;
  const number = of === undefined ? `${count}` : `${count} of ${of}`;
  return `${name}: skipped ${number} ${things}: ${reason}; the first: ${example}`;
}

/** Runs a reader and passes its report on when it is done. */
export async function withReport<Result>(
  name: string,
  hooks: ReportHooks,
  read: (report: DataReport) => Result | Promise<Result>,
): Promise<Result> {
  const report = createDataReport(name);
  const result = await read(report);
  for (const item of report.items()) {
    if (hooks.onReport !== undefined) hooks.onReport(item);
    else process.emitWarning(item.message);
  }
  return result;
}
