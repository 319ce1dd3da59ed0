import { defineSystem } from "../define.ts";
import { denseBlocks, moeExperts } from "../experts.ts";
import { moeBlockSizes } from "../sizes.ts";
import { seeMoeSchema } from "./config.ts";

export const seeMoeDefinition = defineSystem({
  name: "seemoe",
  title: "SeeMoE",
  paper: "github.com/AviSoori1x/seemore",
  description: "A vision transformer and a causal decoder with experts that generate captions.",
  schema: seeMoeSchema,
  reads: "image",
  texts: () => "samples",
  answers: () => "captioner",
  parts: () => ({
    image: {
      names: [["", "vision."]],
      settings: ({ vision }) => vision,
      placeOf: (key) => `vision.${key}`,
    },
  }),
  experts: { ...moeExperts, dense: denseBlocks },
  sizes(settings) {
    const [vision, decoder] = [moeBlockSizes(settings.vision), moeBlockSizes(settings)];
    return {
      layers: Math.max(vision.layers, decoder.layers),
      experts: Math.max(vision.experts, decoder.experts),
    };
  },
  predictsTokens: true,
  pages: ["mosaic", "tokens", "experts", "attention", "playground"],
});
