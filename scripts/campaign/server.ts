/** The inspector's server under hostile run directories and requests. */
import { type ChildProcess, spawn } from "node:child_process";
import { appendFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs"; // biome-ignore format: one import
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { mutate, type Random, randomOf } from "./mutate.ts";
import { isRaw } from "./raw-error.ts";
import { train } from "./seeds.ts";

export interface ServerOptions {
  /** Rounds of changed files and requests. */
  readonly times: number;
  readonly seed: number;
  readonly print: (line: string) => void;
}

const bin = fileURLToPath(new URL("../../bin/moesaic.js", import.meta.url));
/** The built pages; without them, the server builds them in its own process. */
const app = fileURLToPath(new URL("../../dist/inspector/index.html", import.meta.url));
const SECRET = "a secret outside of all runs";
/** Most memory of the server, bytes, and longest time of a page of a healthy run, milliseconds. */
const MOST = 512 * 2 ** 20;
const SLOWEST = 2000;
const FILES = ["config.yaml", "record.json", "metrics.jsonl", "summary.json", "tokenizer.json", "model-inputs.json"] as const; // biome-ignore format: one list

/** Runs the campaign and returns the number of faults. */
export async function server({ times, seed, print }: ServerOptions): Promise<number> {
  if (!existsSync(app)) throw new Error("the inspector is not built: run npm run build first");
  const folder = mkdtempSync(join(tmpdir(), "moesaic-server-"));
  const random = randomOf(seed);
  const faults = new Map<string, number>();
  const note = (fault: string): void => {
    const kind = fault.replaceAll(folder, "").slice(0, 200);
    faults.set(kind, (faults.get(kind) ?? 0) + 1);
  };
  const runs = join(folder, "runs");
  mkdirSync(runs);
  writeFileSync(join(folder, "secret.txt"), SECRET);
  await train(join(folder, "valid"), ["train.max_steps=2", "train.eval_every=2"]);
  for (const name of ["healthy", "a", "b", "c"]) cpSync(join(folder, "valid"), join(runs, name), { recursive: true }); // biome-ignore format: one line
  const { child, address } = await open(runs);
  const stalled: Socket[] = [];
  try {
    writeLargeRecord(join(runs, "large"), folder);
    for (let i = 0; i < 20; i++) stalled.push(stall(address, "/data/runs/large/record.json"));
    let largest = 0;
    for (let round = 0; round < times; round++) {
      breakRun(folder, runs, random);
      await request(address, random, note);
      largest = Math.max(largest, memoryOf(child));
      if (largest > MOST) note(`${Math.round(largest / 2 ** 20)} MB of memory`);
      if (child.exitCode !== null) {
        note(`the server ended with code ${child.exitCode}`);
        break;
      }
    }
    for (const [fault, count] of faults) print(`  ${count} x ${fault}`);
    print(`server: ${times} rounds, at most ${Math.round(largest / 2 ** 20)} MB`);
    return faults.size;
  } finally {
    for (const socket of stalled) socket.destroy();
    child.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Starts the inspector and waits for its address. */
async function open(runs: string): Promise<{ child: ChildProcess; address: string }> {
  const child = spawn(process.execPath, [bin, "inspect", runs, "--no-open", "--json"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  return new Promise((resolve, reject) => {
    let said = "";
    const read = (chunk: Buffer): void => {
      said += chunk.toString();
      const address = /http:\/\/[\w.:[\]-]+/.exec(said)?.[0];
      if (address !== undefined) resolve({ child, address });
    };
    child.stdout!.on("data", read);
    child.stderr!.on("data", read);
    child.on("exit", (code) => reject(new Error(`the inspector ended with code ${code}: ${said}`)));
  });
}

/** Changes, removes or replaces something of a run that is not the healthy one. */
function breakRun(folder: string, runs: string, random: Random): void {
  const run = join(runs, ["a", "b", "c"][Math.floor(random() * 3)]!);
  const file = FILES[Math.floor(random() * FILES.length)]!;
  const valid = join(folder, "valid");
  const action = Math.floor(random() * 8);
  if (action === 0) rmSync(run, { recursive: true, force: true });
  else if (action === 1) cpSync(valid, run, { recursive: true });
  else {
    mkdirSync(run, { recursive: true });
    const path = join(run, file);
    if (action === 2) appendFileSync(join(run, "metrics.jsonl"), '{"step":3,"split":"train","na');
    else if (action === 3) {
      rmSync(path, { force: true, recursive: true });
      symlinkSync(join(folder, "secret.txt"), path);
    } else if (action === 4) {
      const state = { kind: "clip", file: join(folder, "secret.txt"), sha256: "0".repeat(64) };
      rmSync(join(run, "tokenizer.json"), { force: true, recursive: true });
      writeFileSync(join(run, "tokenizer.json"), JSON.stringify(state));
    } else {
      rmSync(path, { force: true, recursive: true });
      writeFileSync(path, mutate(readFileSync(join(valid, file)), random));
    }
  }
}

/** A record of 60 MB. */
function writeLargeRecord(run: string, folder: string): void {
  cpSync(join(folder, "valid"), run, { recursive: true });
  const path = join(run, "record.json");
  const padding = 60 * 2 ** 20 - statSync(path).size;
  writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.alloc(padding, " ")]));
}

/** A client that asks for a file and never reads it. */
function stall(address: string, path: string): Socket {
  const { hostname, port, host } = new URL(address);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {});
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  socket.pause();
  return socket;
}

const traversals = [
  "../secret.txt",
  "..%2f..%2fsecret.txt",
  "%2e%2e/%2e%2e/secret.txt",
  "....//secret.txt",
];

/** Several requests at once: none fails, none tells the secret, and a healthy run answers in time. */
async function request(
  address: string,
  random: Random,
  note: (fault: string) => void,
): Promise<void> {
  const pages = ["run.json", "metrics.json", "record.json", "model/model.json", "model/weights.safetensors"]; // biome-ignore format: one list
  const paths = ["a", "b", "c", "healthy"].flatMap((run) => pages.map((page) => `/data/runs/${run}/${page}`)); // biome-ignore format: one line
  const hostile = traversals.flatMap((path) => [`/${path}`, `/data/runs/${path}/run.json`, `/data/runs/a/model/${path}`]); // biome-ignore format: one line
  const chosen = [...paths.filter(() => random() < 0.4), ...hostile.filter(() => random() < 0.2)];
  const timed = async (path: string): Promise<void> => {
    const began = performance.now();
    const signal = AbortSignal.timeout(30_000);
    try {
      const answer = await fetch(address + path, { signal });
      const body = await answer.text();
      const explained = body.startsWith("the run could not be read: ") && !isRaw(body);
      if (answer.status >= 500 && !explained) note(`status ${answer.status} at ${path}: ${body}`);
      if (body.includes(SECRET)) note(`the secret at ${path}`);
    } catch (error) {
      note(`no answer at ${path}: ${(error as Error).message}`);
    }
    const seconds = performance.now() - began;
    const isHealthy = path === "/data/runs.json" || path.includes("healthy");
    if (isHealthy && seconds > SLOWEST) note(`more than ${SLOWEST} ms for ${path}`);
  };
  await Promise.all(["/data/runs.json", "/data/runs/healthy/run.json", ...chosen].map(timed));
}

/** Memory of a process, bytes; 0 where the system does not tell. */
function memoryOf({ pid }: ChildProcess): number {
  if (process.platform !== "linux" || !readdirSync("/proc").includes(String(pid))) return 0;
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
}
