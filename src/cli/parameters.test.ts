import { expect, test } from "vitest";
import { main } from "./main.ts";

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ["", ""];
  const code = await main(["parameters", ...argv], {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
  });
  return { code, out, err };
}

test("a table of the parts has a column for each kind of token", async () => {
  const { code, out, err } = await run("limoe-s32");
  expect([code, err]).toEqual([0, ""]);
  const [heading, ...rows] = out.trimEnd().split("\n");
  expect(heading).toMatch(/^limoe-s32 +parameters +per image token +per text token$/);
  expect(rows.find((row) => row.startsWith("experts"))).toMatch(
    /^experts +268,763,136 +8,398,848 +8,398,848$/,
  );
  expect(rows.at(-1)).toMatch(/^all +313,108,993 +27,146,241 +50,884,097$/);
  expect(
    new Set(
      out
        .trimEnd()
        .split("\n")
        .map((row) => row.length),
    ).size,
  ).toBe(1);
});

test("JSON with overridden settings and a given vocabulary", async () => {
  const { code, out } = await run(
    "switch-agnews",
    "model.width=32",
    "--vocabulary",
    "1000",
    "--json",
  );
  expect(code).toBe(0);
  const { recipe, parameters, per_token, parts } = JSON.parse(out);
  expect(recipe).toBe("switch-agnews");
  expect(Object.keys(per_token)).toEqual(["token"]);
  expect(per_token.token).toBeLessThan(parameters);
  const names = parts.map(({ part }: { part: string }) => part);
  expect(names).toContain("routers");
  const total = parts.reduce((sum: number, part: { parameters: number }) => {
    return sum + part.parameters;
  }, 0);
  expect(total).toBe(parameters);
});

test.each([
  ["unknown recipe", ["limoe-s31"], "unknown recipe limoe-s31; did you mean limoe-s32"],
  [
    "no vocabulary",
    ["quickstart", "--vocabulary", "many"],
    '--vocabulary takes a whole number >= 2, got "many"',
  ],
  ["incompatible sizes", ["limoe-s32", "model.num_heads=7"], "model.width 512 cannot be"],
])("%s: one sentence and exit code 2", async (_, argv, message) => {
  const { code, out, err } = await run(...argv);
  expect(code).toBe(2);
  expect(out).toBe("");
  expect(err).toMatch(/^error: [^\n]*\n$/);
  expect(err).toContain(message);
});
