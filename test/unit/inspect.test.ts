/** `moesaic inspect`: its arguments, its server and its export. */

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type InspectOptions, inspectCommand } from "../../src/cli/commands/run/inspect.ts";
import { createContext } from "../../src/cli/context.ts";
import { opener } from "../../src/cli/open-browser.ts";
import type { RunList } from "../../src/inspect/types/view.ts";
import { writePage, writeRun } from "../../src/server/server.fixture.ts";
import { moesaic, temporaryFolder } from "./moesaic.fixture.ts";
import { refusal } from "./pairs.fixture.ts";

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder.path, ...names);
let run = "";
beforeAll(() => {
  writePage(at("page"));
  run = writeRun(at("run"));
});
afterAll(folder.remove);

/** Runs the command on a page of the test until `use` returns. */
async function inspect(
  options: Partial<InspectOptions>,
  use: (url: string) => Promise<void> = async () => {},
  paths: readonly string[] = [run],
) {
  let out = "";
  let err = "";
  const opened: string[] = [];
  const context = createContext(
    { write: (text) => (out += text) },
    { write: (text) => (err += text) },
  );
  const code = await inspectCommand(
    context,
    paths,
    {
      host: "127.0.0.1",
      open: true,
      port: 0,
      token: undefined,
      out: undefined,
      json: false,
      plugin: undefined,
      ...options,
    },
    {
      page: async () => at("page"),
      openBrowser: (url) => opened.push(url),
      ended: async () => {
        await undefined; // the address is printed first
        return use(/https?:\/\/[^\s"]+/.exec(out)![0]);
      },
    },
  );
  return { code, out, err, opened };
}

describe("the server", () => {
  test("prints its address, opens the browser, and stops", async () => {
    let told = "";
    const { code, out, opened } = await inspect({}, async (url) => {
      told = url;
      const list = (await (await fetch(`${url}data/runs.json`)).json()) as RunList;
      expect(list.runs.map(({ id }) => id)).toEqual(["run"]);
    });
    expect([code, opened]).toEqual([0, [told]]);
    expect(out).toBe(`inspector: ${told}\n`);
    expect(told).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    await expect(fetch(told)).rejects.toThrow();
  });

  test("--json prints only the address and opens nothing; --no-open opens nothing either", async () => {
    const { out, opened } = await inspect({ json: true });
    expect(Object.keys(JSON.parse(out))).toEqual(["url"]);
    expect(opened).toEqual([]);
    expect((await inspect({ open: false })).opened).toEqual([]);
  });

  test("another host has a generated or given token in its address", async () => {
    const ask = async (options: Partial<InspectOptions>) => {
      let token = "";
      const { err } = await inspect({ host: "0.0.0.0", open: false, ...options }, async (url) => {
        const { port, searchParams } = new URL(url);
        token = searchParams.get("token")!;
        const address = `http://127.0.0.1:${port}/data/runs.json`;
        expect((await fetch(address)).status).toBe(401);
        const headers = { Authorization: `Bearer ${token}` };
        expect((await fetch(address, { headers })).status).toBe(200);
      });
      expect(err).toMatch(new RegExp(`^from other machines: http://.+/\\?token=${token}\n`));
      return token;
    };
    const [first, second] = [await ask({}), await ask({})];
    expect(first).toMatch(/^[\w-]{24}$/);
    expect(second).not.toBe(first);
    expect(await ask({ token: "my-own-token" })).toBe("my-own-token");
  });

  test("a port in use is reported; without --port the next one is tried", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    await expect(inspect({ port })).rejects.toThrow(
      `port ${port} is taken; choose another with --port, or drop --port`,
    );
    await new Promise((resolve) => other.close(resolve));
    const ports: number[] = [];
    const options = { open: false, port: undefined } as unknown as Partial<InspectOptions>;
    await inspect(options, async (url) => {
      ports.push(Number(new URL(url).port));
      await inspect(options, async (next) => void ports.push(Number(new URL(next).port)));
    });
    expect(ports[0]).toBeGreaterThanOrEqual(6006);
    expect(ports[1]).toBeGreaterThan(ports[0]!);
  });

  test("a host of another machine is refused", async () => {
    await expect(inspect({ host: "203.0.113.7" })).rejects.toThrow(
      "203.0.113.7 is not an address of this machine; choose another --host",
    );
  });
});

describe("a checkpoint from the hub", () => {
  const checkpoint = fileURLToPath(
    new URL("../../src/pretrained/fixtures/qwen3_moe", import.meta.url),
  );

  test("is opened at its page, or listed beside runs", async () => {
    const alone = await inspect({}, async () => {}, [checkpoint]);
    expect(alone.opened).toEqual([expect.stringMatching(/\/#\/model\/qwen3_moe$/)]);
    expect(alone.out).toBe(`inspector: ${alone.opened[0]}\n`);
    const beside = await inspect(
      {},
      async (url) => {
        const list = (await (await fetch(`${url}data/runs.json`)).json()) as RunList;
        expect(list.runs.map(({ id }) => id)).toEqual(["run"]);
        expect(list.models.map(({ id }) => id)).toEqual(["qwen3_moe"]);
      },
      [run, checkpoint],
    );
    expect(beside.opened).toEqual([expect.stringMatching(/:\d+\/$/)]);
  });

  test("answers neither other machines nor from files, and an encoder does not answer", async () => {
    const none = async (): Promise<void> => {};
    await expect(inspect({ host: "0.0.0.0" }, none, [checkpoint])).rejects.toThrow(
      "checkpoints from the hub answer only the machine itself, and 0.0.0.0 lets others in; drop --host",
    );
    await expect(inspect({ out: at("answers") }, none, [run, checkpoint])).rejects.toThrow(
      "is a checkpoint from the hub, which files cannot answer for; drop it, or --out",
    );
    const encoder = checkpoint.replace(/qwen3_moe$/, "bert");
    await expect(inspect({}, none, [encoder])).rejects.toThrow("BERT is an encoder");
  });
});

describe("the export", () => {
  test("writes files, and reports them", async () => {
    const out = at("site");
    const { code, err } = await inspect({ out });
    expect([code, existsSync(join(out, "index.html"))]).toEqual([0, true]);
    expect(err).toMatch(
      /^1 run as \d+ files \(\d+\.\d MB\) in .*site: serve it with any web server\n$/,
    );
    const again = await inspect({ out, json: true });
    expect(JSON.parse(again.out)).toMatchObject({ out, runs: 1 });
  });
});

describe("wrong usage", () => {
  test.each<[string, () => string[], string]>([
    [
      "a missing run",
      () => [at("none")],
      "none does not exist; give a folder written by moesaic train",
    ],
    ["a folder without runs", () => [at("page")], "is not a run directory and contains none"],
    [
      "a port out of range",
      () => [run, "--port", "70000"],
      "--port takes a whole number from 0 to 65535, got",
    ],
    [
      "a port that is not a number",
      () => [run, "--port", "http"],
      '--port takes a whole number from 0 to 65535, got "http"',
    ],
    ["a token that is easy", () => [run, "--token", "abc"], "--token takes at least 8"],
    ["a missing argument", () => [], "missing required argument run"],
  ])("%s", async (_, argv, message) => {
    expect(await refusal("inspect", ...argv())).toContain(message);
  });

  test("help documents the options for other hosts", async () => {
    const { out, code } = await moesaic("inspect", "--help");
    expect(code).toBe(0);
    expect(out).toMatch(/every request\s+needs\s+a\s+token/);
  });
});

test("each operating system has its opener, and a machine without a display has none", () => {
  const url = "http://127.0.0.1:6006/?token=a&b";
  expect(opener(url, "darwin", {})).toEqual(["open", url]);
  expect(opener(url, "win32", {})?.at(-1)).toBe("http://127.0.0.1:6006/?token=a^&b");
  expect(opener(url, "linux", { DISPLAY: ":0" })).toEqual(["xdg-open", url]);
  expect(opener(url, "linux", {})).toBeUndefined();
});

test("a run directory that is a file is refused", async () => {
  mkdirSync(at("files"), { recursive: true });
  writeFileSync(at("files", "notes.txt"), "");
  expect(await refusal("inspect", at("files", "notes.txt"))).toContain("is not a run directory");
});
