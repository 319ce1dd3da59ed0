import { defineCommand, type OptionDefinition } from "../define-command.ts";
import { jsonOption } from "../options.ts";

const rootOption: OptionDefinition = {
  flags: "--root <dir>",
  help: "folder of the data sets (default: MOESAIC_DATA)",
};

const help = `
Examples:
  moesaic data list
  moesaic data get fashion-mnist --root data
`;

/** `moesaic data list` and `moesaic data get` */
export const dataDefinition = defineCommand({
  name: "data",
  summary: "list and download data sets",
  description: "Lists and downloads data sets.",
  help,
  commands: [
    {
      name: "list",
      summary: "list the known data sets",
      description: "Lists the known data sets and whether their files are present.",
      options: [rootOption, jsonOption],
      load: async () => (await import("./run/data.ts")).listDataCommand,
    },
    {
      name: "get",
      summary: "download a data set from its publisher",
      description: "Downloads a data set from its publisher.",
      arguments: [["<name>", "name of the data set"]],
      options: [rootOption, jsonOption],
      load: async () => (await import("./run/data.ts")).getDataCommand,
    },
  ],
});
