import { defineSystem } from "../define.ts";
import { classicMixtureSchema } from "./config.ts";

export const classicMixtureDefinition = defineSystem({
  name: "classic-mixture",
  title: "Classic mixture of experts",
  paper: "Jacobs, Jordan, Nowlan and Hinton, 1991",
  description:
    "Small classifiers of points, each trained on some of the labels, and a gate over them.",
  schema: classicMixtureSchema,
  reads: "points",
  sizes: ({ expertLabels }) => ({ layers: 1, experts: expertLabels.length }),
  pages: ["experts", "confusion"],
});
