/** Which experts get too little or too much. */

/** Below this multiple of the even share an expert counts as dead. */
export const deadBelow = 0.1;
/** Above this multiple of the even share an expert counts as overloaded. */
export const overloadedAbove = 2;

export type LoadStatus = "dead" | "even" | "overloaded";

/** Status of an expert with this share of all assignments, `1 / numExperts` being even. */
export function loadStatus(share: number, numExperts: number): LoadStatus {
  const ratio = share * numExperts;
  if (!(ratio >= deadBelow)) return "dead";
  // With two experts nobody can get more than twice an even share.
  return ratio > Math.min(overloadedAbove, numExperts * 0.9) ? "overloaded" : "even";
}

/** Sign of a status, for readers who cannot go by colour. */
export const statusSign: Readonly<Record<LoadStatus, string>> = {
  dead: "✕",
  even: "",
  overloaded: "▲",
};
