import { defineSystem } from "../define.ts";
import { classicMixtureSchema } from "./config.ts";

export const classicMixtureDefinition = defineSystem({
  name: "classic-mixture",
  title: "Classic mixture",
  paper: "Jacobs et al. 1991",
  description: "Dense-gated mixture of classifiers over points.",
  schema: classicMixtureSchema,
  reads: "points",
  pages: ["experts", "confusion"],
  answers: () => undefined,
  readsText: () => false,
});
