/** The computation that both runtimes run, in Node and in a page. */
import {
  array,
  batch,
  createClassifier,
  decodeSafetensors,
  evaluationGraph,
  type NdArray,
  type Objective,
  type Runtime,
  toNumbers,
  trainingGraph,
} from "../../src/browser.ts";
import { fromSnakeCase } from "../../src/config/case.ts";
import { crossEntropy } from "../../src/losses/cross-entropy.ts";
import { diffMoeSchema } from "../../src/models/diff-moe/config.ts";

/** Numbers by name, small enough to send between page and test. */
export type Values = Record<string, number[]>;

/**
 * Logits of a tiny Diff-MoE for all and for two images, and loss and gradients of a training step.
 *
 * @param fixture bytes of `src/models/fixtures/diff-moe-linear.safetensors`
 */
export async function compute(runtime: Runtime, fixture: Uint8Array): Promise<Values> {
  const tensors = decodeSafetensors(fixture).tensors;
  const images = tensors.get("images")!;
  const labels = tensors.get("labels")!;
  const weights = Object.fromEntries(
    [...tensors].flatMap(([name, value]) =>
      name.startsWith("weights/") ? [[name.slice("weights/".length), value]] : [],
    ),
  );
  const imageShape = images.shape.slice(1) as [number, number, number];
  const classifier = createClassifier(
    fromSnakeCase(
      diffMoeSchema.parse({
        system: "diff-moe",
        width: 16,
        num_layers: 2,
        num_heads: 2,
        num_shared_experts: 3,
        num_modality_specific_experts: 1,
        mlp_ratio: 2,
        dropout: 0,
      }),
    ),
    { numClasses: tensors.get("logits")!.shape[1]!, imageShape },
  );
  const objective: Objective = (scope, data) => {
    const logits = classifier.logits(scope, data.images!);
    return { loss: crossEntropy(logits, data.labels!), outputs: { logits } };
  };

  const evaluation = evaluationGraph(objective, {
    images: { dtype: "float32", shape: [batch(), ...imageShape] },
    labels: { dtype: "int64", shape: [batch()] },
  });
  const whole = await run(runtime, evaluation.model, { ...weights, images, labels });
  const part = await run(runtime, evaluation.model, {
    ...weights,
    images: firstRows(images, 2),
    labels: firstRows(labels, 2),
  });
  const training = trainingGraph(objective, {
    images: { dtype: "float32", shape: images.shape },
    labels: { dtype: "int64", shape: labels.shape },
  });
  const step = await run(runtime, training.model, { ...weights, images, labels });
  const counts = array(Object.values(runtime.liveHandles()), "int32");
  return {
    logits: toNumbers(whole.logits!),
    "logits of two": toNumbers(part.logits!),
    ...Object.fromEntries(Object.entries(step).map(([name, value]) => [name, toNumbers(value)])),
    "live handles": toNumbers(counts).filter((count) => count > 0),
  };
}

async function run(
  runtime: Runtime,
  model: { readonly bytes: Uint8Array; readonly inputs: readonly { readonly name: string }[] },
  values: Readonly<Record<string, NdArray>>,
): Promise<Record<string, NdArray>> {
  using session = await runtime.createSession(model.bytes);
  return await session.run(
    Object.fromEntries(model.inputs.map(({ name }) => [name, values[name]!])),
  );
}

function firstRows(source: NdArray, rows: number): NdArray {
  const count = (source.data.length / source.shape[0]!) * rows;
  const shape = [rows, ...source.shape.slice(1)];
  return { ...source, shape, data: source.data.slice(0, count) } as NdArray;
}
