import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { MetricTable, RunList, RunView } from "../inspect/types/view.ts";
import {
  event,
  lines,
  type TestFolder,
  type TestServer,
  testFolder,
  testServer,
  writePage,
  writeRun,
} from "./server.fixture.ts";

const secret = "TOP SECRET";
let folder: TestFolder;
let page: string;
let run: string;
let server: TestServer;
beforeAll(async () => {
  folder = testFolder();
  page = writePage(folder.at("page"));
  writeFileSync(folder.at("secret.txt"), secret);
  writeFileSync(folder.at("secret.json"), JSON.stringify({ secret }));
  run = writeRun(folder.at("runs", "first"));
  writeFileSync(folder.at("runs", "first", "record.json"), '{"version":1}');
  server = await testServer(page, [run]);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

describe("responses", () => {
  test("the list, a run, its metrics and its record", async () => {
    const { live, runs } = await server.json<RunList>("/data/runs.json");
    expect(live).toBe(true);
    expect(runs).toMatchObject([
      {
        id: "first",
        name: "first",
        recipe: "tiny",
        system: "diff-moe",
        seed: 3,
        state: "stopped",
        step: 1,
      },
    ]);
    const view = await server.json<RunView>("/data/runs/first/run.json");
    expect(view).toMatchObject({ ...runs[0], hasRecord: true, hasModel: false, checkpoints: [] });
    const table = await server.json<MetricTable>("/data/runs/first/metrics.json");
    expect(table.series).toMatchObject([{ name: "loss", steps: [0, 1], values: [0, 1] }]);
    expect(await server.json("/data/runs/first/record.json")).toEqual({ version: 1 });
  });

  test("the files of the page, with permanent caching for hashed names", async () => {
    const index = await server.get("/");
    expect([index.headers.get("content-type"), index.headers.get("cache-control")]).toEqual([
      "text/html; charset=utf-8",
      "no-cache",
    ]);
    const script = await server.get("/assets/index-1a2b3c4d.js");
    expect(await script.text()).toBe("document.title = 'page';\n");
    expect(script.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
    expect(script.headers.get("cache-control")).toContain("immutable");
  });

  test("every response has the security headers against scripts and frames", async () => {
    for (const path of ["/", "/data/runs.json", "/none", "/data/runs/none/run.json"]) {
      const { headers } = await server.get(path);
      const policy = headers.get("content-security-policy")!;
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain("unsafe-inline");
      expect(policy).not.toMatch(/'unsafe-eval'|https?:|\*/);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
      expect(headers.get("cross-origin-embedder-policy")).toBe("require-corp");
      expect(headers.get("access-control-allow-origin")).toBeNull();
    }
  });

  test("only GET and HEAD", async () => {
    for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
      const response = await fetch(`${server.origin}/data/runs.json`, { method });
      expect([method, response.status]).toEqual([method, 405]);
    }
    const head = await fetch(`${server.origin}/data/runs/first/events`, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });
});

const request = (path: string, host = "localhost"): string =>
  `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;

describe("nothing outside the runs is served", () => {
  test.each([
    "/../secret.txt",
    "/../../../../etc/passwd",
    "/assets/../../secret.txt",
    "/%2e%2e/secret.txt",
    "/..%2fsecret.txt",
    "/..%5csecret.txt",
    "/%252e%252e%252fsecret.txt",
    "/assets/..%2f..%2fsecret.txt",
    "//secret.txt",
    "/./../secret.txt",
    "/index.html%00.txt",
    "/data/runs/first/../../../secret.txt",
    "/data/runs/..%2f..%2fsecret.txt/run.json",
    "/data/runs/%2e%2e/run.json",
    "/data/runs/first/..%2f..%2fsecret.json",
    "/data/runs/first/model/..%2f..%2f..%2fsecret.json",
    "/data/runs/first/model/%2e%2e%2fconfig.yaml",
    "/data/runs/first/config.yaml",
    "/data/runs/first/metrics.jsonl",
    "/data/runs/__proto__/run.json",
    "http://evil.example/secret.txt",
  ])("%s", async (path) => {
    const answer = await server.raw(request(path));
    expect(answer).toMatch(/^HTTP\/1\.1 (404|400|421) /);
    expect(answer).not.toContain(secret);
    expect(answer).not.toContain("root:");
  });

  test("links out of the run directory are treated as missing", async () => {
    const linked = writeRun(folder.at("runs", "linked"), "");
    for (const name of ["record.json", "summary.json", "model-inputs.json", "run.lock"]) {
      symlinkSync(folder.at("secret.json"), folder.at("runs", "linked", name));
    }
    rmSync(folder.at("runs", "linked", "metrics.jsonl"));
    symlinkSync(folder.at("secret.txt"), folder.at("runs", "linked", "metrics.jsonl"));
    mkdirSync(folder.at("elsewhere", "7"), { recursive: true });
    writeFileSync(folder.at("elsewhere", "7", "checkpoint.json"), '{"step":7,"score":1}');
    writeFileSync(folder.at("elsewhere", "7", "model.safetensors"), secret);
    symlinkSync(folder.at("elsewhere"), folder.at("runs", "linked", "checkpoints"));
    await using own = await testServer(page, [linked]);
    const view = await own.json<RunView>("/data/runs/linked/run.json");
    expect(view).toMatchObject({ hasRecord: false, hasModel: false, checkpoints: [], summary: {} });
    const table = await own.json<MetricTable>("/data/runs/linked/metrics.json");
    expect([table.series, table.badLines]).toEqual([[], 0]);
    for (const name of ["record.json", "model/model.json", "model/weights.safetensors"]) {
      expect((await own.get(`/data/runs/linked/${name}`)).status).toBe(404);
    }
  });

  test("linked folders are not runs of their parent folder", async () => {
    const parent = folder.at("parent");
    writeRun(folder.at("parent", "own"));
    symlinkSync(run, folder.at("parent", "link"));
    await using own = await testServer(page, [parent]);
    const { runs } = await own.json<RunList>("/data/runs.json");
    expect(runs.map(({ id }) => id)).toEqual(["own"]);
  });
});

describe("access control", () => {
  test("another host name is rejected: DNS rebinding", async () => {
    for (const host of [
      "evil.example",
      "evil.example:6006",
      "localhost.evil.example",
      "127.0.0.1.nip.io",
      "[::2]",
    ]) {
      expect(await server.raw(request("/data/runs.json", host))).toMatch(/^HTTP\/1\.1 421 /);
    }
    for (const host of ["localhost", "localhost:8080", "127.0.0.1:6006", "[::1]:6006"]) {
      expect(await server.raw(request("/data/runs.json", host))).toMatch(/^HTTP\/1\.1 200 /);
    }
    expect(await server.raw("GET / HTTP/1.1\r\nConnection: close\r\n\r\n")).toMatch(
      /^HTTP\/1\.1 4/,
    );
  });

  test("with a token: only a header or a cookie from the page's address is accepted", async () => {
    const token = "not-to-be-guessed";
    await using own = await testServer(page, [run], { host: "0.0.0.0", token });
    expect(new URL(own.server.url).searchParams.get("token")).toBe(token);
    const status = async (path: string, headers = {}): Promise<number> =>
      (await own.get(path, headers)).status;
    for (const path of [
      "/",
      "/data/runs.json",
      "/assets/index-1a2b3c4d.js",
      "/data/runs/first/events",
    ]) {
      expect(await status(path)).toBe(401);
      expect(await status(`${path}?token=`)).toBe(401);
      expect(await status(path, { Authorization: `Bearer ${token}x` })).toBe(401);
      expect(await status(path, { Cookie: `moesaic-${own.server.port}=wrong` })).toBe(401);
      expect(await status(path, { Cookie: `moesaic-1=${token}` })).toBe(401);
    }
    expect(await status("/data/runs.json", { Authorization: `Bearer ${token}` })).toBe(200);

    const first = await own.get(`/?token=${token}`);
    const cookie = first.headers.get("set-cookie")!;
    expect(cookie).toMatch(/; HttpOnly/);
    expect(cookie).toMatch(/; SameSite=Strict/);
    expect(await first.text()).toContain('content="0; url=./"');
    const [pair] = cookie.split(";");
    expect(await status("/", { Cookie: pair! })).toBe(200);
    expect(await status("/data/runs/first/run.json", { Cookie: pair! })).toBe(200);
  });
});

describe("hostile runs are served as data", () => {
  const script = '<script>alert("x")</script>';

  test("scripts in names and settings are JSON that browsers do not treat as HTML", async () => {
    const path = writeRun(folder.at("runs", "hostile"), lines(event(1, 2, { name: script })));
    writeFileSync(
      folder.at("runs", "hostile", "config.yaml"),
      `recipe: '${script}'\nmodel: { system: '${script}' }\n`,
    );
    await using own = await testServer(page, [path]);
    const response = await own.get("/data/runs/hostile/run.json");
    expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(await response.json()).toMatchObject({ recipe: script, system: script });
    const table = await own.json<MetricTable>("/data/runs/hostile/metrics.json");
    expect(table.series[0]).toMatchObject({ name: script, steps: [1], values: [2] });
  });

  test.each<[string, string, string]>([
    ["invalid YAML", "a: [1\nb: }", "config.yaml cannot be read"],
    ["a list", "- 1\n- 2\n", ""],
    ["a cycle of aliases", "a: &a [*a]\n", "config.yaml cannot be read"],
    [
      "aliases that expand exponentially",
      `a: &a [1,1,1,1,1,1,1,1]\n${[..."bcdefghij"].map((name, i) => `${name}: &${name} [${Array(9).fill(`*${"abcdefghij"[i]}`)}]`).join("\n")}\n`,
      "config.yaml cannot be read",
    ],
    ["an unclosed nest", `a: ${"[".repeat(5000)}`, "nested more than 64 levels deep"],
    [
      "carriage returns",
      `m:\n  a: true\n N${"\r".repeat(30_000)}aN b: all\n  c:\n    d: 1\n`,
      "cannot",
    ],
    ["deep nesting", `${"[".repeat(3000)}${"]".repeat(3000)}`, "config.yaml cannot be read"],
    ["a tag for code", 'a: !!js/function "function () { throw 1 }"\n', ""],
    ["a huge file", `a: "${"x".repeat(2 ** 21)}"`, "the limit is 1048576"],
    ["a key of the prototype", "__proto__: { seed: 9 }\nseed: 4\n", ""],
  ])("a configuration that is %s", async (_, config, problem) => {
    const path = writeRun(folder.at("runs", "odd"));
    writeFileSync(folder.at("runs", "odd", "config.yaml"), config);
    await using own = await testServer(page, [path]);
    const [entry] = (await own.json<RunList>("/data/runs.json")).runs;
    expect(entry).toMatchObject({ id: "odd", step: 1 });
    expect(entry!.problems.join()).toContain(problem);
    expect(entry!.problems.length).toBe(problem === "" ? 0 : 1);
    expect(Object.prototype).not.toHaveProperty("seed");
  });

  test("a plug-in that a run lists is named, and not imported", async () => {
    const path = writeRun(folder.at("runs", "listing"));
    const plugin = folder.at("plugin.mjs");
    writeFileSync(plugin, "globalThis.pluginRan = true;");
    const config = `model: { system: moe-decoder }\nplugins: [${plugin}]\n`;
    writeFileSync(folder.at("runs", "listing", "config.yaml"), config);
    await using own = await testServer(page, [path]);
    const view = await own.json<RunView>("/data/runs/listing/run.json");
    expect(view.problems[0]).toContain(`its plug-in ${plugin} is not loaded`);
    expect((await own.get("/data/runs/listing/model/model.json")).status).toBe(404);
    expect(globalThis).not.toHaveProperty("pluginRan");
  });

  test("stalled readers of a large record need little memory", async () => {
    const path = writeRun(folder.at("runs", "large"));
    const size = 48 * 2 ** 20;
    writeFileSync(folder.at("runs", "large", "record.json"), Buffer.alloc(size, "7"));
    await using own = await testServer(page, [path]);
    const { port } = new URL(own.origin);
    const before = process.memoryUsage().rss;
    const sockets = Array.from({ length: 20 }, () => {
      const socket = connect(Number(port), "127.0.0.1");
      socket.write(`GET /data/runs/large/record.json HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
      return socket.pause();
    });
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(process.memoryUsage().rss - before).toBeLessThan(5 * size); // 20 * size if buffered
    for (const socket of sockets) socket.destroy();
    const whole = await own.get("/data/runs/large/record.json");
    expect((await whole.arrayBuffer()).byteLength).toBe(size);
  });

  test("an invalid summary, a huge record, a lock with an invalid process id", async () => {
    const path = writeRun(folder.at("runs", "broken"));
    const at = (name: string): string => folder.at("runs", "broken", name);
    writeFileSync(at("summary.json"), '{"steps":"many"}');
    writeFileSync(at("run.lock"), '{"pid":-1,"host":"x","started":""}');
    writeFileSync(at("record.json"), "");
    truncateSync(at("record.json"), 2 ** 30);
    mkdirSync(at("checkpoints/5"), { recursive: true });
    writeFileSync(at("checkpoints/5/checkpoint.json"), '{"step":6,"score":1}');
    await using own = await testServer(page, [path]);
    const view = await own.json<RunView>("/data/runs/broken/run.json");
    expect(view).toMatchObject({ state: "stopped", hasRecord: false, checkpoints: [] });
    expect(view.problems).toEqual([
      'summary.json cannot be read: it.steps is "many"; it must be a number',
    ]);
    expect((await own.get("/data/runs/broken/record.json")).status).toBe(404);
  });
});
