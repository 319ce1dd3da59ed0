/**
 * What reports and the inspector show of a run: plain data without handles, safe in a browser.
 *
 * Letters: `E` experts, `C` classes, `L` values of a label, `S` patches of an image.
 */
import type { RoutingAgreement } from "./agreement.ts";
import type { ImageAttention, PatchDecision } from "./attention-types.ts";
import type { Association } from "./contingency.ts";
import type { DomainAnalysis } from "./domain-types.ts";
import type { LayerGallery, RetrievalSamples } from "./pair-types.ts";
import type { RouterDetails } from "./router-details.ts";
import type { LanguageUnits, TextPrediction, TextSample, TokenTrace } from "./text-types.ts";

/** One line of `metrics.jsonl`. */
export interface MetricEvent {
  readonly step: number;
  readonly epoch: number;
  /** `train`, `validation` or `test`. */
  readonly split: string;
  /** Such as `loss`, `auxiliary/balance` or `experts/<layer>/load_<expert>`. */
  readonly name: string;
  readonly value: number;
  /** Wall time since training began. */
  readonly seconds: number;
}

/** What `summary.json` holds; a run that was stopped early may lack any of it. */
export interface Summary {
  readonly recipe?: string;
  readonly seed?: number;
  readonly steps?: number;
  readonly train_seconds?: number;
  readonly tokens_per_second?: number;
  readonly parameters?: { readonly total: number; readonly active: number };
  readonly validation?: Readonly<Record<string, number>>;
  readonly test?: Readonly<Record<string, number>>;
  readonly versions?: Readonly<Record<string, string>>;
}

/** Pixels, 0 to 255, row by row with the channels of a pixel side by side. */
export interface RecordedImage {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA. */
  readonly channels: number;
  /** `height * width * channels` bytes. */
  readonly data: Uint8Array;
}

/** One classified image. */
export interface Prediction {
  readonly image: RecordedImage;
  readonly label: number;
  readonly predicted: number;
  /** One probability per class, 0 to 1. */
  readonly probabilities: readonly number[]; // [C]
}

/** What was taken for the class of one cell of the confusion matrix: an image or a text. */
export interface ConfusionSample {
  readonly label: number;
  readonly predicted: number;
  readonly image?: RecordedImage;
  readonly text?: string;
}

/** Scalars of a routing; entropies and information in nats. */
export interface RoutingScores {
  /** Largest load over the mean, less one. */
  readonly maxViolation: number;
  /** Experts that received nothing. */
  readonly deadExperts: number;
  /** Mean entropy of a token's probabilities. */
  readonly localEntropy: number;
  /** Entropy of the mean probabilities. */
  readonly globalEntropy: number;
  /** Of experts and tokens: global less local entropy. */
  readonly mutualInformation: number;
  /** Mean over tokens of the largest probability, 0 to 1. */
  readonly gateConfidence: number;
  /** Fraction of the attempted assignments that have an expert. */
  readonly successRate: number;
  readonly droppedFraction: number;
}

/** How tokens were spread over the experts of a layer. */
export interface RoutingSpread {
  /** Fraction of all assignments that went to each expert; sums to 1. */
  readonly load: readonly number[]; // [E]
  /** Sum of the gates per expert, as a fraction of the whole. */
  readonly importance: readonly number[]; // [E]
  readonly scores: RoutingScores;
}

/** Which experts the tokens of each class, or of another label of their samples, went to. */
export interface LabelRouting {
  /** `class`, `domain`, `modality`, or an attribute such as `color`. */
  readonly label: string;
  /** The one modality whose tokens are counted, where the layer has several. */
  readonly modality?: string;
  readonly values: readonly string[]; // [L]
  /** Assignments; sums of gates where every token reaches every expert. */
  readonly counts: readonly (readonly number[])[]; // [L, E]
  readonly association: Association;
  /** The same within each domain, where samples are of several. */
  readonly byDomain?: readonly DomainLabelRouting[];
}

/** Which experts the tokens of each value went to, within one domain. */
export interface DomainLabelRouting {
  readonly domain: string;
  readonly values: readonly string[]; // [L]
  readonly counts: readonly (readonly number[])[]; // [L, E]
  readonly association: Association;
}

/** How one MoE layer spread its tokens over its experts, over a whole evaluation. */
export interface LayerRouting extends RoutingSpread {
  readonly layer: string;
  readonly numExperts: number;
  /** `shared`, or `modality` for experts that only tokens of one modality may use. */
  readonly expertKinds?: readonly string[]; // [E]
  readonly modalities?: readonly (RoutingSpread & { readonly modality: string })[];
  readonly labels?: readonly LabelRouting[];
}

/** How far two checkpoints of one model, or two models, send the same tokens to the same experts. */
export interface CheckpointAgreement {
  /** What was compared, such as `the best (step 400)`. */
  readonly first: string;
  readonly second: string;
  /** The split whose tokens were compared. */
  readonly split: string;
  readonly layers: readonly LayerAgreement[];
}

/** Agreement of one layer under the experts' own numbers, and once they are matched. */
export interface LayerAgreement {
  readonly layer: string;
  readonly tokens: number;
  readonly own: RoutingAgreement;
  readonly matched: RoutingAgreement;
}

/**
 * The first choice of one layer's router for every patch of one image, and all that it said of them
 * where it is known.
 */
export interface MosaicLayer extends Partial<RouterDetails> {
  readonly layer: string;
  readonly rows: number;
  readonly cols: number;
  /** First expert of each patch, row by row; a value outside 0 to E-1 is a dropped patch. */
  readonly experts: Uint8Array | readonly number[]; // [S]
  /** Weight of that expert, 0 to 1. */
  readonly gates?: readonly number[]; // [S]
  /** Experts of the layer; taken from the routing of the same layer when absent. */
  readonly numExperts?: number;
}

/** One image and what every MoE layer made of its patches. */
export interface Mosaic {
  readonly image: RecordedImage;
  readonly label: number;
  readonly caption?: string;
  readonly layers: readonly MosaicLayer[];
  readonly attention?: ImageAttention;
  /** Of some patches. */
  readonly decisions?: readonly PatchDecision[];
}

/** How often a classifier is right, as fractions. */
export interface ClassScores {
  readonly name: string;
  readonly accuracy: number;
  readonly byClass: readonly number[]; // [C]
}

/** What a mixture of classifiers makes of the plane of two features, all others being zero. */
export interface DecisionRegions {
  /** Names of the two features: the horizontal and the vertical one. */
  readonly axes: readonly [string, string];
  /** Ends of both axes. */
  readonly range: readonly [low: number, high: number];
  /** Cells on a side. Maps hold cells row by row, from the low end of both axes. */
  readonly size: number;
  readonly numExperts: number;
  /** Class that the mixture predicts. */
  readonly predicted: readonly number[]; // [size * size]
  /** Expert with the largest gate. */
  readonly experts: readonly number[]; // [size * size]
  /** That gate, 0 to 1. */
  readonly gates: readonly number[]; // [size * size]
  /** Most probable class, where the distribution is known. */
  readonly optimal?: readonly number[]; // [size * size]
  /** Some samples of the test split. */
  readonly points: readonly { readonly x: number; readonly y: number; readonly label: number }[];
  /** Each expert alone, the mixture, and what else there is to compare. */
  readonly scores: readonly ClassScores[];
}

/** A caption that a model made of an image. */
export interface CaptionSample {
  readonly image: RecordedImage;
  readonly caption: string;
  /** What people said of it. */
  readonly references: readonly string[];
}

/** Everything a report or the inspector shows of one run; absent parts are left out. */
export interface RunRecord {
  readonly name: string;
  readonly recipe: string;
  /** The resolved configuration. */
  readonly config: unknown;
  readonly summary: Summary;
  readonly metrics: readonly MetricEvent[];
  readonly classNames: readonly string[];
  /** Counts; rows are true classes, columns are predicted ones. */
  readonly confusion?: readonly (readonly number[])[]; // [C, C]
  /** A few of each cell of `confusion`. */
  readonly confusionSamples?: readonly ConfusionSample[];
  readonly predictions?: readonly Prediction[];
  readonly routing?: readonly LayerRouting[];
  /** The checkpoint that was evaluated against the last one. */
  readonly agreement?: CheckpointAgreement;
  readonly mosaics?: readonly Mosaic[];
  readonly domains?: DomainAnalysis;
  readonly regions?: DecisionRegions;
  readonly tokenTraces?: readonly TokenTrace[];
  readonly textPredictions?: readonly TextPrediction[];
  /** Set for language models: how to read their loss. */
  readonly language?: LanguageUnits;
  readonly samples?: readonly TextSample[];
  readonly captions?: readonly CaptionSample[];
  readonly galleries?: readonly LayerGallery[];
  readonly retrieval?: RetrievalSamples;
  /** What stands for each class where images are classified by text. */
  readonly classPrompts?: readonly (readonly string[])[]; // [C]
}
