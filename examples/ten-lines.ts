import { createLoader, fit, type Objective } from "moesaic";
import { accuracy, crossEntropy } from "moesaic/losses";
import { vitMoe } from "moesaic/models";
import { parseMoe } from "moesaic/moe";

const sizes = { patchSize: 8, stem: "conv", width: 64, numLayers: 2, numHeads: 4 } as const;
const shapes = { name: "shapes", domains: ["flat"], objects: [1, 1] } as const;

const classify: Objective = (scope, { images, labels }) => {
  const experts = { moeLayers: "all", moe: parseMoe({ num_experts: 8 }) } as const;
  const logits = vitMoe(scope, images!, { ...sizes, ...experts, numClasses: 8 }); // [B, 8]
  return { loss: crossEntropy(logits, labels!), metrics: { accuracy: accuracy(logits, labels!) } };
};
const load = (split: "train" | "test") =>
  createLoader({ ...shapes, split }, { batchSize: 64, shuffle: split === "train" });

using model = await fit(classify, await load("train"), { steps: 400, learningRate: 4e-3 });
console.log(await model.evaluate(await load("test"))); // { loss: 0.26, accuracy: 0.92 }
await model.save("shapes.safetensors");
