/** Sentences for the classes of `shapes`. */
import type { ClassDescription } from "../description.ts";
import { colorNames } from "./spec.ts";

const classDescriptions: readonly ClassDescription[] = [
  ["a circle", "round like a coin", "one smooth edge, everywhere equally far from the middle"],
  ["a square", "even like a tile", "four straight sides of one length and four right angles"],
  ["a triangle", "like the roof of a small house", "three straight sides and three corners"],
  ["a star", "as on a flag", "five points around the middle with notches between them"],
  ["a cross", "like a plus sign", "two bars of one length that meet in the middle"],
  ["a heart", "as on a playing card", "two round lobes above and one point below"],
  ["a crescent", "like a thin moon", "a curved sickle with two sharp tips"],
  ["an arrow", "showing a way", "a pointed head on a straight bar"],
];

/** Sentences for the classes and for other labels. */
export const shapesTexts = {
  // Captions name the colour of each object; the mean over all colours is the shape.
  templates: colorNames.map((color) => `${/^[aeiou]/.test(color) ? "an" : "a"} ${color} {}`),
  labelTemplates: ["a {}"],
  classDescriptions,
} as const;
