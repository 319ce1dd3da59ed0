import { argument, defineCommand, defineCommandGroup } from "../define-command.ts";
import { option, text } from "../option.ts";
import { common } from "../options.ts";

const options = {
  root: option("<dir>", "folder of the data sets (default: MOESAIC_DATA)", text),
  ...common,
};

const list = defineCommand({
  name: "list",
  summary: "list the known data sets",
  description: "Lists the known data sets and whether their files are present.",
  arguments: [],
  options,
  examples: ["moesaic data list", "moesaic data list --plugin ./my-data.js"],
  load: async () => (await import("./run/data.ts")).listDataCommand,
});

const get = defineCommand({
  name: "get",
  summary: "download a data set from its publisher",
  description: "Downloads a data set from its publisher, or resumes an interrupted download.",
  arguments: [argument("<name>", "name of the data set")],
  options,
  examples: ["moesaic data get fashion-mnist --root data"],
  load: async () => (await import("./run/data.ts")).getDataCommand,
});

/** `moesaic data list` and `moesaic data get` */
export const dataDefinition = defineCommandGroup({
  name: "data",
  summary: "list and download data sets",
  description: "Lists and downloads data sets.",
  examples: ["moesaic data list", "moesaic data get fashion-mnist"],
  commands: [list, get],
});
