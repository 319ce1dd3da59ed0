import { argument, defineCommand } from "../define-command.ts";
import { flag, flagOff, option, text, whole } from "../option.ts";
import { common } from "../options.ts";

const notes = `
A folder of runs includes all its runs, also runs that start later. Runs in training are updated live;
Ctrl-C stops the server. Only this machine can reach it unless --host is set; then every request needs a
token. A folder of a checkpoint as on the Hugging Face hub is shown with the routing of the texts that you type;
the server computes it, for this machine only.
`;

/** `moesaic inspect` */
export const inspectDefinition = defineCommand({
  name: "inspect",
  summary: "view runs and their routing in the browser",
  description: "Shows runs in the browser: curves, routing, and the model itself.",
  arguments: [
    argument("<run...>", "run directories, folders of runs, or checkpoints from the hub"),
  ],
  options: {
    port: option("<number>", "port (default: the first free one from 6006)", whole(0, 65_535)),
    host: option("<address>", "address to listen on", text, { default: "127.0.0.1" }),
    token: option(
      "<text>",
      "access token for clients (default: generated if --host is not local)",
      text,
    ),
    open: flagOff("do not open the browser"),
    out: option("<dir>", "export everything as files instead", text),
    ...common,
    json: flag("print only JSON on stdout, and do not open the browser"),
  },
  notes,
  examples: [
    "moesaic inspect runs/quickstart # view a run in the browser",
    "moesaic inspect runs # compare all runs",
    "moesaic inspect runs/quickstart --out site # export the same as files for any web server",
    "moesaic inspect OLMoE-1B-7B # type texts and see the experts of a checkpoint",
    "moesaic inspect runs --host 0.0.0.0 --no-open # serve other machines, with a token",
  ],
  load: async () => (await import("./run/inspect.ts")).inspectCommand,
});
