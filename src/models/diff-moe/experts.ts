import type { EditableExperts } from "../experts.ts";
import type { DiffMoeSettings } from "./config.ts";

/** General experts in the layout `global`; shared and modality experts in the layout `shared`. */
export const diffMoeExperts: EditableExperts<DiffMoeSettings> = {
  counts(settings) {
    const { numSelectedExperts, numSharedExperts, numModalitySpecificExperts } = settings;
    if (settings.layout === "global") {
      return { kinds: ["general"], counts: [settings.numGeneralExperts], numSelectedExperts };
    }
    const own = settings.textLayers > 0 ? "modality" : "image";
    return {
      kinds: ["shared", own],
      counts: [numSharedExperts, numModalitySpecificExperts],
      numSelectedExperts,
    };
  },
  withCounts(settings, counts) {
    if (settings.layout === "global") return { ...settings, numGeneralExperts: counts[0]! };
    const [numSharedExperts = 0, numModalitySpecificExperts = 0] = counts;
    return { ...settings, numSharedExperts, numModalitySpecificExperts };
  },
};
