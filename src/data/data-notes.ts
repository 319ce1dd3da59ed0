/** What the readers of a run's data skipped or doubted. */

import type { ReportItem } from "./data-report.ts";

/** The reports of all readers of a run. */
export interface DataNotes {
  /** Keeps an item and shows it; an item that another split reported already is left out. */
  readonly add: (item: ReportItem) => void;
  readonly items: readonly ReportItem[];
}

/** Empty notes, which show every new item as a line of progress. */
export function createDataNotes(progress: { note(message: string): void }): DataNotes {
  const items: ReportItem[] = [];
  const seen = new Set<string>();
  return {
    items,
    add(item) {
      // Splits that share a folder skip the same files, so the name of the split does not count.
      const { message, ...content } = item;
      const key = item.kind === "warning" ? message : JSON.stringify(content);
      if (seen.has(key)) return;
      seen.add(key);
      items.push(item);
      progress.note(message);
    },
  };
}

/** Hooks that drop the report of a reader, for data that are opened and reported again later. */
export const unreported = { onReport: (): void => {} } as const;
