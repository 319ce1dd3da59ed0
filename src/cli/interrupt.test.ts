import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";

const script = `
import { listenForInterrupt } from ${JSON.stringify(new URL("interrupt.ts", import.meta.url).href)};
const interruption = listenForInterrupt(console.error);
const busy = setInterval(() => {}, 1000);
interruption.signal.addEventListener("abort", () => {
  console.log("stopping", interruption.exitCode());
  if (process.argv.includes("obedient")) { clearInterval(busy); interruption.dispose(); process.exitCode = interruption.exitCode(); }
});
console.log("ready");
`;

/** Sends signals with pauses to a listening process; returns its output and exit code. */
async function interrupt(
  argument: string,
  ...signals: [NodeJS.Signals, number][]
): Promise<{ code: number | null; output: string }> {
  const child = spawn(
    process.execPath,
    ["--import", "tsx", "--input-type=module", "-e", script, argument],
    { stdio: ["ignore", "pipe", "ignore"] },
  );
  let output = "";
  const ready = new Promise<void>((resolve) => {
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk;
      if (output.includes("ready")) resolve();
    });
  });
  const closed = new Promise<number | null>((resolve) => child.on("close", resolve));
  await ready;
  for (const [signal, pause] of signals) {
    await sleep(pause);
    child.kill(signal);
  }
  return { code: await closed, output };
}

test("the first signal requests a stop", async () => {
  expect(await interrupt("obedient", ["SIGINT", 0])).toEqual({
    code: 130,
    output: "ready\nstopping 130\n",
  });
});

test("an echo of the first signal is ignored, a second one stops the process", async () => {
  const start = Date.now();
  const { code } = await interrupt("deaf", ["SIGTERM", 0], ["SIGINT", 100], ["SIGINT", 700]);
  expect(code).toBe(130);
  expect(Date.now() - start).toBeGreaterThan(800);
});
