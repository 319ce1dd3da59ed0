import { defineCommand } from "../define-command.ts";

const help = `
A folder of runs includes all its runs, also runs that start later. Runs in training are updated live;
Ctrl-C stops the server. It is only reachable from this machine unless --host is set; then every request
needs a token.

Examples:
  moesaic inspect runs/quickstart                 look at a run in the browser
  moesaic inspect runs                            all runs, compared
  moesaic inspect runs/quickstart --out site      the same as files for any web server
  moesaic inspect runs --host 0.0.0.0 --no-open   for other machines, with a token
`;

/** `moesaic inspect` */
export const inspectDefinition = defineCommand({
  name: "inspect",
  summary: "view runs and their routing in the browser",
  description: "Shows runs in the browser: curves, routing, and the model itself.",
  arguments: [["<run...>", "run directories, or folders of runs"]],
  options: [
    { flags: "--port <number>", help: "port (default: the first free one from 6006)" },
    { flags: "--host <address>", help: "address to listen on", default: "127.0.0.1" },
    {
      flags: "--token <text>",
      help: "access token for clients (default: generated if --host is not local)",
    },
    { flags: "--no-open", help: "do not open the browser" },
    { flags: "--out <dir>", help: "export everything as files instead" },
    { flags: "--json", help: "print JSON alone on stdout, and do not open the browser" },
  ],
  help,
  load: async () => (await import("./run/inspect.ts")).inspectCommand,
});
