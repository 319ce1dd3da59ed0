/** Side-by-side measurements: `npm run bench -- train-step`. */

import { loadavg } from "node:os";
import { UserError } from "../src/graph/errors.ts";
import { type BenchArguments, parseArguments, usage } from "./arguments.ts";
import { checkpointing } from "./checkpointing.ts";
import { experts } from "./experts.ts";
import { frozen } from "./frozen.ts";
import { generation } from "./generation.ts";
import { routers } from "./routers.ts";
import type { Row } from "./row.ts";
import { formatTable } from "./table.ts";
import { versus } from "./versus.ts";

const log = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

async function main(): Promise<void> {
  const args = parseArguments(process.argv.slice(2));
  if (args === "help") {
    process.stdout.write(usage);
    return;
  }
  const [load] = loadavg();
  if (load! > 0.7) {
    log(`other programs keep this machine busy (load ${load!.toFixed(1)}); times will be unsteady`);
  }
  const rows = await measure(args);
  process.stdout.write(args.json ? `${JSON.stringify(rows, null, 2)}\n` : `${formatTable(rows)}\n`);
}

function measure(args: BenchArguments): Promise<Row[]> {
  switch (args.bench) {
    case "train-step":
      return versus(args, "train", log);
    case "inference":
      return versus(args, "infer", log);
    case "experts":
      return experts(args, log);
    case "routers":
      return routers(args, log);
    case "checkpointing":
      return checkpointing(args, log);
    case "generation":
      return generation(args, log);
    case "frozen":
      return frozen(args, log);
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  log(error.message);
  process.exitCode = error.exitCode;
}
