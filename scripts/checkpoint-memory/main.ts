/**
 * Measures the memory in which commands open a large checkpoint: `npm run measure:memory`.
 *
 *   npm run measure:memory -- [--bytes N] [--dtype F32|BF16] [--folder DIR] [--keep]
 *
 * It writes a random Qwen3-MoE in shards to a temporary folder, by default 3 GiB of float32, runs each command
 * in a process of its own and prints the peak of its memory as a multiple of the checkpoint. It fails if a
 * command that holds weights as they are stored takes more than 1.5 times the checkpoint.
 */
import { fork } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Measured } from "./measured-command.ts";
import { checkpointBytes, writeCheckpoint } from "./write-checkpoint.ts";

const { values } = parseArgs({
  options: {
    bytes: { type: "string", default: String(3 * 2 ** 30) },
    dtype: { type: "string", default: "F32" },
    folder: { type: "string" },
    keep: { type: "boolean", default: false },
  },
});

const dtype = values.dtype === "BF16" ? "BF16" : "F32";
const sizes = { dtype, width: 1024, experts: 32, hidden: 512, vocabulary: 32_000 } as const;
/** The largest multiple of the checkpoint. */
const MOST = 1.5;
const passage = "the router sends each token to the best experts of the layer";

async function measure(folder: string): Promise<void> {
  const { layer, rest } = checkpointBytes(sizes);
  const layers = Math.ceil((Number(values.bytes) - rest) / layer);
  console.error(`writing ${layers} layers`);
  const total = await writeCheckpoint(folder, { ...sizes, layers, shardBytes: 2 ** 29 });
  const text = join(folder, "text.txt");
  await writeFile(text, passage);
  const out = join(folder, "routing.parquet");
  const generate = ["generate", folder, "--prompt", passage, "--max-new-tokens", "4", "--context", "64"]; // biome-ignore format: a command
  const routing = ["routing", folder, "--text", text, "--out", out];
  const commands = [
    ["open", folder],
    ...[generate, routing].flatMap((command) =>
      ["float32", "bfloat16"].map((type) => [...command, "--weights", type]),
    ),
  ];
  const widened = dtype === "BF16" ? "float32" : "none";
  console.log(`${(total / 2 ** 30).toFixed(2)} GiB of ${dtype} in ${layers} layers`);
  for (const command of commands) {
    const started = performance.now();
    const { exitCode, peak } = await run(command);
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    const type = command.includes("--weights") ? command.at(-1)! : "headers";
    const multiple = peak / total;
    if (exitCode !== 0 || (multiple > MOST && type !== widened)) process.exitCode = 1;
    console.log(
      `${command[0]}, ${type}: exit code ${exitCode}, peak ${(peak / 2 ** 30).toFixed(2)} GiB, ${multiple.toFixed(2)} times the checkpoint, ${seconds} s`,
    );
  }
}

function run(command: readonly string[]): Promise<Measured> {
  return new Promise((resolve, reject) => {
    const child = fork(new URL("./measured-command.ts", import.meta.url), command, {
      execArgv: ["--import", "tsx"],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    child.on("message", (message) => resolve(message as Measured));
    child.on("exit", (code, signal) =>
      reject(new Error(`the command ended with ${signal ?? code}`)),
    );
  });
}

const folder = values.folder ?? (await mkdtemp(join(tmpdir(), "moesaic-checkpoint-")));
try {
  await measure(folder);
} finally {
  if (!values.keep) await rm(folder, { recursive: true, force: true });
}
