import type { Tensors } from "../../moe/surgery/layout.ts";
import type { InitFrom } from "../../recipe/init-from/init-from-config.ts";
import { initializeFrom } from "./init-from.ts";
import type { InitReport } from "./report.ts";

/** Initialises tensors from the only source of the settings. */
export async function initializeTensors(
  settings: InitFrom,
  tensors: Tensors,
  seed = 0,
): Promise<InitReport> {
  const target = { settings: { system: "custom" }, tensors };
  const [report] = await initializeFrom(settings, target, seed);
  return report!;
}
