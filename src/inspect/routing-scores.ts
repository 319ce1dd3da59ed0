/** The scores of a layer's routing. Types, files, logs, tables and curves follow from this list. */

/** How a score is read. */
export interface RoutingScore {
  /** Heading of a chart, and of a column. */
  readonly title: string;
  readonly column: string;
  readonly unit: "number" | "percent" | "count";
  readonly explanation: string;
  /** Whether reports show how it moved during training. Default false. */
  readonly curve?: true;
}

/** In the order of logs, files and tables; entropies and information in nats, fractions 0 to 1. */
export const routingScores = {
  maxViolation: {
    title: "Expert imbalance",
    column: "imbalance",
    unit: "number",
    explanation: "Load of the busiest expert above the even share, as a multiple of it.",
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
    explanation: "Entropy of a token's probabilities, on average, nats.",
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
    explanation: "Mutual information of tokens and experts: global less local entropy, nats.",
    curve: true,
  },
  gateConfidence: {
    title: "Gate confidence",
    column: "confidence",
    unit: "percent",
    explanation: "Largest probability of a token, on average.",
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
