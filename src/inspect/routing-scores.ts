/** Routing scores of a layer. Types, files, logs, tables and curves derive from this list. */

/** Name, range and explanation of a score. */
export interface RoutingScore {
  /** Title of a chart and of a table column. */
  readonly title: string;
  readonly column: string;
  readonly unit: "number" | "percent" | "count";
  readonly explanation: string;
  /** Whether reports plot it over training. Default false. */
  readonly curve?: true;
}

/**
 * Scores in the order of logs, files and tables; entropies and information in nats, fractions 0 to
 * 1.
 */
export const routingScores = {
  maxViolation: {
    title: "Expert imbalance",
    column: "imbalance",
    unit: "number",
    explanation: "Largest expert load relative to the even share, minus 1.",
    curve: true,
  },
  deadExperts: {
    title: "Dead experts",
    column: "dead",
    unit: "count",
    explanation: "Experts without any assignment.",
  },
  localEntropy: {
    title: "Local entropy",
    column: "local entropy",
    unit: "number",
    explanation: "Mean entropy of a token's probabilities, nats.",
  },
  globalEntropy: {
    title: "Global entropy",
    column: "global entropy",
    unit: "number",
    explanation: "Entropy of the mean probabilities, nats.",
  },
  mutualInformation: {
    title: "Information",
    column: "information",
    unit: "number",
    explanation: "Mutual information of tokens and experts: global minus local entropy, nats.",
    curve: true,
  },
  gateConfidence: {
    title: "Gate confidence",
    column: "confidence",
    unit: "percent",
    explanation: "Mean of each token's largest probability.",
    curve: true,
  },
  successRate: {
    title: "Success rate",
    column: "success",
    unit: "percent",
    explanation: "Share of the attempted assignments that an expert accepted.",
    curve: true,
  },
  droppedFraction: {
    title: "Dropped assignments",
    column: "dropped",
    unit: "percent",
    explanation: "Share of the attempted assignments that no expert accepted.",
  },
} as const satisfies Readonly<Record<string, RoutingScore>>;

export type RoutingScoreName = keyof typeof routingScores;

/** The value of every score for one layer, or for one modality of it. */
export type RoutingScores = { readonly [Name in RoutingScoreName]: number };

/** Names and descriptions, in order. */
export const routingScoreList: readonly (RoutingScore & { readonly name: RoutingScoreName })[] =
  Object.entries<RoutingScore>(routingScores).map(([name, score]) => ({
    ...score,
    name: name as RoutingScoreName,
  }));
