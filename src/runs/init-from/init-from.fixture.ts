import type { Tensors } from "../../moe/surgery/layout.ts";
import type { InitFrom } from "../../recipe/init-from-config.ts";
import { initializeFrom } from "./init-from.ts";
import type { InitReport } from "./report.ts";

/** Initialises tensors from the only source of the settings. */
export async function initializeTensors(settings: InitFrom, tensors: Tensors): Promise<InitReport> {
  const [report] = await initializeFrom(settings, { settings: { system: "custom" }, tensors });
  return report!;
}
