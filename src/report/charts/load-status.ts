/** Status of an expert: dead, even or overloaded. */

/** An expert is dead below this multiple of the even share. */
export const deadBelow = 0.1;
/** An expert is overloaded above this multiple of the even share. */
export const overloadedAbove = 2;

export type LoadStatus = "dead" | "even" | "overloaded";

/** Status of an expert with this share of all assignments; the even share is `1 / numExperts`. */
export function loadStatus(share: number, numExperts: number): LoadStatus {
  const ratio = share * numExperts;
  if (!(ratio >= deadBelow)) return "dead";
  // With two experts, no share can exceed twice the even share.
  return ratio > Math.min(overloadedAbove, numExperts * 0.9) ? "overloaded" : "even";
}

/** Symbol of a status, as an alternative to colour. */
export const statusSign: Readonly<Record<LoadStatus, string>> = {
  dead: "✕",
  even: "",
  overloaded: "▲",
};
