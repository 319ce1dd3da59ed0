/** Typical patches and words of each expert of a layer. */
import {
  cropPatch,
  type ExpertGallery,
  type GalleryPatch,
  type GalleryWord,
  type LayerGallery,
  type RecordedLayer,
} from "moesaic/inspect";
import { watchedImages } from "./pictures.ts";
import type { StoredRecord } from "./record.ts";
import { expertAt, imageRouting, weightAt } from "./routing.ts";

/** Maximum number of patches and of words per expert. */
const mostPatches = 16;
const mostWords = 12;

/** The gallery of a layer: the recorded one, else one built from the recorded images and texts. */
export function layerGallery(
  record: StoredRecord,
  layer: string,
): (LayerGallery & { readonly ofRecord: boolean }) | undefined {
  const recorded = record.galleries?.find((entry) => entry.layer === layer);
  if (recorded !== undefined) return { ...recorded, ofRecord: false };
  const patches = patchesOf(record, layer);
  const words = wordsOf(record, layer);
  const numExperts = Math.max(patches.numExperts, words.numExperts);
  if (numExperts === 0) return undefined;
  const experts = Array.from({ length: numExperts }, (_, expert): ExpertGallery => {
    const own = patches.byExpert.get(expert) ?? [];
    const counts = words.byExpert.get(expert) ?? new Map<string, number>();
    return {
      expert,
      numPatches: own.length,
      numWords: [...counts.values()].reduce((sum, count) => sum + count, 0),
      patches: ofManyImages(own).slice(0, mostPatches),
      words: typicalWords(counts, words.totals),
    };
  });
  const { total: numPatches } = patches;
  return { layer, numPatches, numWords: words.total, experts, ofRecord: true };
}

function patchesOf(record: StoredRecord, layer: string) {
  const byExpert = new Map<number, GalleryPatch[]>();
  let numExperts = 0;
  let total = 0;
  for (const [index, { mosaic }] of watchedImages(record).entries()) {
    const routing = imageRouting(mosaic, record);
    const routed = routing?.layers.find((entry) => entry.layer === layer);
    if (routing === undefined || routed === undefined) continue;
    const { rows, cols: columns } = routing;
    numExperts = routed.numExperts;
    for (let patch = 0; patch < rows * columns; patch++) {
      total += 1;
      const expert = expertAt(routed, 0, patch);
      if (expert < 0) continue;
      const image = cropPatch(mosaic.image, patch, { rows, columns });
      const list = byExpert.get(expert) ?? [];
      list.push({ image, index, patch, probability: certainty(routed, expert, patch) });
      byExpert.set(expert, list);
    }
  }
  return { byExpert, numExperts, total };
}

function wordsOf(record: StoredRecord, layer: string) {
  const byExpert = new Map<number, Map<string, number>>();
  const totals = new Map<string, number>();
  let numExperts = 0;
  let total = 0;
  for (const trace of record.tokenTraces ?? []) {
    const routed = trace.layers.find((entry) => entry.layer === layer);
    if (routed === undefined) continue;
    numExperts = routed.numExperts;
    for (const [place, word] of trace.tokens.entries()) {
      total += 1;
      totals.set(word, (totals.get(word) ?? 0) + 1);
      const expert = expertAt(routed, 0, place);
      if (expert < 0) continue;
      const counts = byExpert.get(expert) ?? new Map<string, number>();
      counts.set(word, (counts.get(word) ?? 0) + 1);
      byExpert.set(expert, counts);
    }
  }
  return { byExpert, totals, numExperts, total };
}

/** Probability of the expert, or its combine weight if the record has no probabilities. */
function certainty(layer: RecordedLayer, expert: number, place: number): number {
  const p = layer.probabilities?.[place * layer.numExperts + expert];
  return p ?? weightAt(layer, 0, place) ?? 0;
}

/** Orders by descending probability, with one patch per image before further ones. */
function ofManyImages(patches: readonly GalleryPatch[]): GalleryPatch[] {
  const seen = new Map<number, number>();
  return [...patches]
    .sort((a, b) => b.probability - a.probability)
    .map((patch) => {
      const rank = seen.get(patch.index) ?? 0;
      seen.set(patch.index, rank + 1);
      return { patch, rank };
    })
    .sort((a, b) => a.rank - b.rank)
    .map(({ patch }) => patch);
}

function typicalWords(
  counts: ReadonlyMap<string, number>,
  totals: ReadonlyMap<string, number>,
): GalleryWord[] {
  return [...counts]
    .map(([text, count]) => ({ text, count, total: totals.get(text) ?? count }))
    .sort(
      (a, b) =>
        (b.count / b.total) * Math.log1p(b.count) - (a.count / a.total) * Math.log1p(a.count),
    )
    .slice(0, mostWords);
}
