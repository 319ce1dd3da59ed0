/** The command line of the benchmarks. */

import { parseArgs } from "node:util";
import { didYouMean } from "../src/config/nearest.ts";
import { usageError } from "../src/graph/errors.ts";
import { defaultWidths, fixed } from "./cases.ts";

export const benches = [
  "train-step",
  "inference",
  "experts",
  "routers",
  "checkpointing",
  "generation",
  "frozen",
] as const;
export type Bench = (typeof benches)[number];

export const peerNames = ["pytorch", "pytorch-avx512", "tfjs-wasm", "jax-js"] as const;
export type PeerName = (typeof peerNames)[number];

export interface BenchArguments {
  readonly bench: Bench;
  /** By default the benchmark's own widths. */
  readonly widths: readonly number[] | undefined;
  /** Timed runs of each side; by default chosen by width. */
  readonly runs: number | undefined;
  /** Part of the names of the methods that `routers` times; by default all methods. */
  readonly methods: string | undefined;
  readonly peers: readonly PeerName[];
  /** Whether missing peers are installed. */
  readonly install: boolean;
  readonly json: boolean;
}

export const usage = `Usage: npm run bench -- <train-step|inference|experts|routers|checkpointing|generation|frozen> [options]

  train-step   training steps against PyTorch; loss and gradients of a dense model against others
  inference    forward passes against the same
  experts      training steps with 4 to 64 experts, against those with 4
  routers      routing, dispatch and combine as a share of a layer's time, for every method
  checkpointing  peak memory and time of training steps, activations computed twice against kept
  generation   256 tokens of a language model with the cache of keys and values, against without it
  frozen       training steps of a ViT with features of frozen blocks kept, against computed each time

  --widths 64,128    model widths, multiples of ${fixed.heads} (default ${defaultWidths.join(",")}; experts, generation: 128; routers: 256; frozen: 384; checkpointing: 512)
  --runs N           timed runs of each side (default 10 to 60, fewer for wide models)
  --methods text     of routers: methods whose name holds this, such as "top-2 dropless"
  --peers a,b        ${peerNames.join(", ")}, or none (default all)
  --no-install       leave out peers that are not installed in bench/.venv and bench/.peers
  --json             print JSON alone on standard output
`;

/** Parses the arguments; returns "help" if help is requested. */
export function parseArguments(args: readonly string[]): BenchArguments | "help" {
  const { values, positionals } = parse(args);
  if (values.help) return "help";
  const [bench, extra] = positionals;
  if (bench === undefined) throw usageError(`name a benchmark: ${benches.join(", ")}`);
  if (extra !== undefined) throw usageError(`only one benchmark at a time, also got "${extra}"`);
  return {
    bench: oneOf(bench, benches, "benchmark"),
    widths: values.widths === undefined ? undefined : values.widths.split(",").map(parseWidth),
    runs: values.runs === undefined ? undefined : parseRuns(values.runs),
    methods: values.methods,
    peers: parsePeers(values.peers),
    install: values["no-install"] !== true,
    json: values.json === true,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        widths: { type: "string" },
        runs: { type: "string" },
        methods: { type: "string" },
        peers: { type: "string" },
        "no-install": { type: "boolean" },
        json: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw usageError((error as Error).message.split(". ")[0]!);
  }
}

function parseWidth(text: string): number {
  const width = Number(text);
  if (
    !Number.isInteger(width) ||
    width < fixed.heads ||
    width % fixed.heads !== 0 ||
    width > 4096
  ) {
    throw usageError(
      `--widths takes multiples of ${fixed.heads} up to 4096 separated by commas, got "${text}"`,
    );
  }
  return width;
}

function parseRuns(text: string): number {
  const runs = Number(text);
  if (!Number.isInteger(runs) || runs < 1 || runs > 10_000) {
    throw usageError(`--runs takes a whole number from 1 to 10000, got "${text}"`);
  }
  return runs;
}

function parsePeers(text: string | undefined): readonly PeerName[] {
  if (text === undefined) return peerNames;
  if (text === "none") return [];
  return text.split(",").map((name) => oneOf(name, peerNames, "peer"));
}

function oneOf<T extends string>(text: string, names: readonly T[], kind: string): T {
  if ((names as readonly string[]).includes(text)) return text as T;
  const known = didYouMean(text, names) || `; choose from ${names.join(", ")}`;
  throw usageError(`there is no ${kind} "${text}"${known}`);
}
