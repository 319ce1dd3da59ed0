/** The process whose memory `checkpointing` measures; it runs a few training steps. */

import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { blockSegments } from "../src/autodiff/checkpoint.ts";
import { defined } from "../src/graph/defined.ts";
import { createTrainStep } from "../src/learn/train-step.ts";
import { crossEntropy } from "../src/losses/cross-entropy.ts";
import { adamW } from "../src/optim/adamw.ts";
import { key } from "../src/random/index.ts";
import { nativeRuntime } from "../src/runtime/native/native.ts";
import { readProfile } from "../src/runtime/profile/file.ts";
import { adamw, makeBatch } from "./cases.ts";
import { batchSpec, logitsOf, threads } from "./ours.ts";

export interface MeasuredCase {
  readonly width: number;
  readonly batchSize: number;
  readonly steps: number;
  readonly checkpoint: boolean;
  readonly memoryPattern: boolean;
}

export interface Measured {
  /** Milliseconds of each step with its optimizer, after the warm-up. */
  readonly ms: readonly number[];
  /** Peak memory of the process in bytes. */
  readonly peakRss: number;
  /** Peak bytes of live intermediate values in ONNX Runtime, from a profiled step after the others. */
  readonly peakInUse: number;
  /** Digest of the gradients of the first step. */
  readonly digest: string;
}

const warmUp = 3;

async function measure(measured: MeasuredCase): Promise<Measured> {
  const { steps, checkpoint, memoryPattern, ...sizes } = measured;
  const config = { ...sizes, experts: 8, selected: 2 };
  const { images, labels } = makeBatch(config.batchSize);
  const batch = { images, labels };
  const make = (profile?: string) =>
    createTrainStep(
      (scope, { images, labels }) => ({
        loss: crossEntropy(logitsOf(scope, images!, config), labels!),
      }),
      batchSpec(config),
      {
        runtime: nativeRuntime(),
        optimizer: adamW({ beta1: adamw.beta1, beta2: adamw.beta2, epsilon: adamw.eps }),
        seed: key(0),
        session: { threads, memoryPattern, ...defined({ profile }) },
        graph: checkpoint ? { checkpoint: blockSegments } : {},
      },
    );
  const ms: number[] = [];
  let digest = "";
  let training = await make();
  for (let step = 0; step < warmUp + steps; step++) {
    const start = performance.now();
    await training.forwardBackward(batch, step);
    if (step === 0) {
      digest = createHash("sha256").update(training.arena.flat("gradients")).digest("hex");
    }
    await training.optimizer.step(() => ({
      step,
      learningRate: adamw.lr,
      weightDecay: adamw.weightDecay,
    }));
    if (step >= warmUp) ms.push(performance.now() - start);
  }
  const peakRss = process.resourceUsage().maxRSS * 1024;
  training.dispose();

  const folder = await mkdtemp(join(tmpdir(), "moesaic-bench-"));
  try {
    training = await make(join(folder, "step"));
    await training.forwardBackward(batch, 0);
    const { peakBytes } = await readProfile(training.endProfiling(), { warmUp: 0 });
    training.dispose();
    return { ms, peakRss, peakInUse: peakBytes ?? Number.NaN, digest };
  } finally {
    await rm(folder, { recursive: true });
  }
}

process.send!(await measure(JSON.parse(process.argv[2]!) as MeasuredCase));
process.disconnect();
