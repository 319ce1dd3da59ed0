/** The entries of run directories, and directories that were interrupted before they became runs. */

const RUN_ENTRIES = [
  "config.yaml",
  "tokenizer.json",
  "model-inputs.json",
  "data-report.json",
  "metrics.jsonl",
  "summary.json",
  "report.html",
  "record.json",
  "profile.txt",
  "profile.json",
  "checkpoints",
];

/** Whether a training writes an entry of this name. */
export function isRunEntry(name: string): boolean {
  return RUN_ENTRIES.includes(name) || name.startsWith("events.out.tfevents.");
}

/** Whether an entry is the lock of a run, or was to replace it. */
export function isLock(name: string): boolean {
  return name.startsWith("run.lock");
}

/** Whether an entry is an incomplete file of an interrupted write. */
export function isTemporary(name: string): boolean {
  return (name.startsWith(".tmp-") && isRunEntry(name.slice(5))) || /^run\.lock\.\d+$/.test(name);
}

/**
 * Whether a directory was interrupted before its configuration was written, which makes it a run: it
 * has entries of a training, no others, and no `config.yaml`.
 *
 * @param entries names of its entries
 */
export function isUnfinishedStart(entries: readonly string[]): boolean {
  const written = entries.filter((name) => !isLock(name) && !isTemporary(name));
  return (
    !entries.includes("config.yaml") &&
    written.every(isRunEntry) &&
    (written.length > 0 || entries.some(isTemporary))
  );
}

/** A sentence about such a directory, with the command to continue. */
export function unfinishedStart(path: string, entries: readonly string[]): string {
  if (entries.includes("checkpoints")) {
    return `${path} has checkpoints and no config.yaml; copy it from another run of the same training, or repeat the command that wrote ${path} with --overwrite, which removes them`;
  }
  return `${path} was interrupted before its config.yaml was written, so it is no run yet; repeat its command with --overwrite, for example: moesaic train <recipe> --run ${path} --overwrite`;
}
