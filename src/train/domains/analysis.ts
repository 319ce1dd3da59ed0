/** Analyses routing by domain and attribute, and of the same scenes in each style. */

import type { Loader } from "../../data/loader.ts";
import { routingStatistics } from "../../inspect/statistics/routing-statistics.ts";
import type { DomainAnalysis } from "../../inspect/types/domain.ts";
import type { ProgressSink } from "../../learn/progress.ts";
import { systemOf } from "../../models/systems.ts";
import { isRoutingTap, layersOf, readRouting } from "../../moe/routing-taps.ts";
import type { Training } from "../setup.ts";
import { heldOutDomains, openDomains, trainingDomains } from "./environments.ts";
import { patchLabels } from "./patch-labels.ts";
import { routeScenes } from "./scenes.ts";

/**
 * Routes the out splits of all domains, including held-out ones, with the current weights.
 * Undefined for runs that do not study domains (neither SF-MoE nor with settings for domains), and
 * for models without experts.
 */
export async function analyzeDomains(
  training: Pick<Training, "config" | "task" | "loader" | "openSplit" | "createEvaluator">,
  progress: ProgressSink,
): Promise<DomainAnalysis | undefined> {
  const { config, task, loader } = training;
  const { patches } = task;
  const heldOut = heldOutDomains(config.data);
  const about =
    systemOf(config.model).analyzesDomains === true ||
    config.train.samplesPerDomain !== undefined ||
    heldOut.length > 0;
  if (!about || patches === undefined || loader.dataset.kind !== "image") return undefined;
  if (loader.dataset.domains === undefined) return undefined;
  const domains = [...trainingDomains(training), ...heldOut];
  const evaluator = await training.createEvaluator((name) => isRoutingTap(name));
  try {
    const layers = layersOf(evaluator.graph.taps);
    if (layers.length === 0) return undefined;
    const statistics = routingStatistics({ values: { class: task.classNames }, byDomain: true });
    const route = async (opening: Promise<Loader>): Promise<void> => {
      const source = await opening;
      let done = 0;
      try {
        await evaluator.run(source, (outputs, batch) => {
          const labels = patchLabels(batch, patches);
          for (const layer of layers)
            statistics.add(layer, { ...readRouting(outputs, layer, "probabilities"), labels });
          done += 1;
          progress.update({ label: "domain batch", done, total: source.batchesPerEpoch });
        });
      } finally {
        await source.dispose();
      }
    };
    await route(training.openSplit("validation"));
    if (heldOut.length > 0) await route(openDomains(training, heldOut, "validation"));
    const scenes = await routeScenes(config, domains, { evaluator, layers, patches });
    return { domains, heldOut, routing: statistics.layers(), ...(scenes && { scenes }) };
  } finally {
    evaluator.dispose();
  }
}
