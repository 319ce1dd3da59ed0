/** Trainings that are killed and resumed again and again, against one that was never stopped. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { surveyCheckpoints } from "../../src/runs/checkpoints/checkpoint-store.ts";
import { damagedFiles } from "../../src/runs/checkpoints/verify-checkpoint.ts";
import { compareRuns, metricLines } from "./compare.ts";
import { type Moment, momentOf, moments, waitFor } from "./moments.ts";
import { type Random, randomOf } from "./mutate.ts";
import { startTraining, type Training } from "./training.ts";

export interface KillOptions {
  /** Kills in all. */
  readonly times: number;
  readonly seed: number;
  readonly print: (line: string) => void;
}

/** Updates of a training, and the kills after which it may finish. */
const STEPS = 100;
const KILLS_PER_RUN = 10;
/** How many of them come while the scores and the report are written. */
const LATE = 3;

const limoe = `extends: quickstart
model: { width: 8, num_layers: 1, num_heads: 2, embed_dim: 8, moe: { num_experts: 2, experts: { mlp_ratio: 1 } } }
data: { train_size: 512, validation_size: 16, test_size: 16, workers: 1, held_out: [{ color: red, shape: circle }] }
schedule: { warmup_steps: 5 }
runtime: { threads: 1 }
train: { batch_size: 8, max_steps: ${STEPS}, eval_every: 20, checkpoint_every: 5, log_every: 1, ema_decay: 0.9, keep_checkpoints: 2 }
`;
const vit = `extends: shapes-vit-moe
model: { width: 8, num_layers: 1, num_heads: 2, moe: { num_experts: 4, router: { name: loss_free_bias, num_selected_experts: 2 }, experts: { mlp_ratio: 1 }, losses: [] } }
data: { train_size: 200, validation_size: 16, test_size: 16, workers: 0 }
schedule: { warmup_steps: 5 }
runtime: { threads: 1 }
train: { batch_size: 8, max_steps: ${STEPS}, eval_every: 10, checkpoint_every: 5, log_every: 1, accumulation_steps: 3, keep_checkpoints: 1 }
`;
const recipes = { averages: limoe, accumulation: vit };

/** Runs the campaign and returns the number of faults. */
export async function kill({ times, seed, print }: KillOptions): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "moesaic-kill-"));
  const random = randomOf(seed);
  const faults: string[] = [];
  const note = (fault: string): void => {
    faults.push(fault);
    print(`  fault: ${fault}`);
  };
  try {
    const share = Math.ceil(times / Object.keys(recipes).length);
    for (const [name, text] of Object.entries(recipes)) {
      const recipe = join(folder, `${name}.yaml`);
      writeFileSync(recipe, text);
      const whole = join(folder, `${name}-whole`);
      const { code, said } = await startTraining([recipe, "--run", whole]).ended;
      if (code !== 0) throw new Error(`the training that is not stopped failed: ${said}`);
      const counts = new Map<Moment, number>();
      let [kills, runs] = [0, 0];
      while (kills < share) {
        const run = join(folder, `${name}-${runs++}`);
        const most = Math.min(KILLS_PER_RUN, share - kills);
        const own = await killedRun({ recipe, run, most, random }, note);
        for (const moment of own) counts.set(moment, (counts.get(moment) ?? 0) + 1);
        kills += own.length;
        for (const difference of await compareRuns(whole, run)) note(`${name}: ${difference}`);
        rmSync(run, { recursive: true, force: true });
        if (own.length === 0) throw new Error(`no training of ${name} could be killed in time`);
      }
      const kinds = moments.map((moment) => `${counts.get(moment) ?? 0} at ${moment}`).join(", ");
      print(`${name}: ${kills} kills in ${runs} runs (${kinds})`);
    }
    return faults.length;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface KilledRun {
  readonly recipe: string;
  readonly run: string;
  readonly most: number;
  readonly random: Random;
}

/** Kills a training up to `most` times, then lets it end; returns the moments of the kills. */
async function killedRun(
  { recipe, run, most, random }: KilledRun,
  note: (fault: string) => void,
): Promise<Moment[]> {
  const killed: Moment[] = [];
  mkdirSync(join(run, ".."), { recursive: true });
  for (let attempts = 0; attempts < 4 * most + 4; attempts++) {
    const training = begin(recipe, run);
    const moment =
      killed.length < most
        ? momentOf(run, { isLate: killed.length >= most - LATE, steps: STEPS, random })
        : undefined;
    const isKilled = moment !== undefined && (await killAt(training, run, moment, random));
    if (isKilled) {
      killed.push(moment);
      for (const fault of await faultsAfterKill(run)) note(`after a kill at ${moment}: ${fault}`);
      continue;
    }
    const { code, said } = await training.ended;
    if (code === 0) return killed;
    note(`it cannot go on (exit code ${code}): ${said.trim().split("\n").at(-1)}`);
    rmSync(run, { recursive: true, force: true });
    return killed;
  }
  note("it did not end");
  return killed;
}

/** Starts a run, or resumes it as its user would; a run that wrote no checkpoint starts anew. */
function begin(recipe: string, run: string): Training {
  const names = existsSync(run) ? readdirSync(run).filter((name) => name !== "run.lock") : [];
  if (names.length === 0) return startTraining([recipe, "--run", run]);
  return startTraining([recipe, "--run", run, "--resume"]);
}

async function killAt(
  training: Training,
  run: string,
  moment: Moment,
  random: Random,
): Promise<boolean> {
  let isOver = false;
  void training.ended.then(() => {
    isOver = true;
  });
  if (!(await waitFor(run, moment, random, () => isOver)) || !training.kill()) return false;
  await training.ended;
  return true;
}

/** What a kill must not leave: a checkpoint that cannot be read, or lines that are no metrics. */
async function faultsAfterKill(run: string): Promise<string[]> {
  if (!existsSync(run)) return [];
  const { checkpoints, unreadable } = await surveyCheckpoints(run);
  const faults = unreadable.map(({ step }) => `checkpoint ${step} is unreadable`);
  for (const { step, path } of checkpoints) {
    const damaged = await damagedFiles({ path });
    if (damaged.length > 0)
      faults.push(`checkpoint ${step} is damaged: ${JSON.stringify(damaged)}`);
  }
  const lines = metricLines(run);
  const broken = lines.slice(0, -1).filter((line) => line.startsWith("broken"));
  return broken.length === 0 ? faults : [...faults, `a line within metrics.jsonl is broken`];
}
