/**
 * Attacks on files, processes and the inspector's server; see CONTRIBUTING.md.
 *
 *   npm run campaign -- <kill|fuzz|server> [--short] [--times N] [--seed N] [--only text]
 */
import { parseArgs } from "node:util";
import { fuzz } from "./fuzz.ts";
import { kill } from "./kill.ts";
import { server } from "./server.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    short: { type: "boolean", default: false },
    times: { type: "string" },
    seed: { type: "string", default: "1" },
    only: { type: "string" },
  },
});
const { short, only } = values;
const seed = Number(values.seed);
const print = (line: string): void => console.log(line);
const times = (full: number, few: number): number => Number(values.times ?? (short ? few : full));

const campaigns: Readonly<Record<string, () => Promise<number>>> = {
  kill: () => kill({ times: times(300, 8), seed, print }),
  server: () => server({ times: times(1000, 60), seed, print }),
  fuzz: () => fuzz({ times: times(2000, 25), seed, only, print }),
};

const [name = ""] = positionals;
const chosen = campaigns[name];
if (chosen === undefined || positionals.length > 1 || ![seed, times(1, 1)].every(Number.isFinite)) {
  console.error("usage: npm run campaign -- <kill|fuzz|server> [--short] [--times N] [--seed N] [--only text]"); // biome-ignore format: one line
  process.exit(2);
}
const faults = await chosen();
console.log(faults === 0 ? `${name}: no fault` : `${name}: ${faults} kinds of faults`);
process.exit(faults === 0 ? 0 : 1);
