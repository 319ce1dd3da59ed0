/** Suggestions for mistyped words. */

/** Longer words are no mistyped ones. */
const LONGEST = 200;

/** Candidates similar to `word`, nearest first. */
export function nearest(word: string, candidates: Iterable<string>, limit = 1): string[] {
  if (word.length > LONGEST) return [];
  const ranked: { candidate: string; distance: number }[] = [];
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    const tolerance = Math.max(1, Math.floor(Math.max(word.length, candidate.length) / 3));
    const isPart = word.length >= 3 && candidate.toLowerCase().includes(word.toLowerCase());
    if (distance <= tolerance || isPart) ranked.push({ candidate, distance });
  }
  ranked.sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1));
  return ranked.slice(0, limit).map(({ candidate }) => candidate);
}

/** Suffix for error messages: `; did you mean num_experts?`, or empty. */
export function didYouMean(word: string, candidates: Iterable<string>, limit = 1): string {
  const found = nearest(word, candidates, limit);
  return found.length === 0 ? "" : `; did you mean ${found.join(" or ")}?`;
}

/** Edit distance between two words; a transposition of neighbours counts as one edit. */
function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const above = rows[i - 1]!;
      let best = Math.min(above[j]! + 1, row[j - 1]! + 1);
      best = Math.min(best, above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, rows[i - 2]![j - 2]! + 1);
      }
      row.push(best);
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}
