import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { temporaryFolder, tinyRecipe } from "./moesaic.fixture.ts";

const folder = temporaryFolder();
afterAll(folder.remove);

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

test("500 steps keep memory constant, and disposal leaves no handle", () => {
  const recipe = join(folder.path, "tiny.yaml");
  writeFileSync(recipe, tinyRecipe);
  const program = fileURLToPath(new URL("./memory.program.ts", import.meta.url));
  const output = execFileSync(
    process.execPath,
    ["--expose-gc", "--import", "tsx", program, recipe, join(folder.path, "run")],
    { encoding: "utf8" },
  );
  const { resident, handles, left } = JSON.parse(output) as {
    resident: number[];
    handles: Record<string, number>;
    left: Record<string, number>;
  };
  expect(resident.length).toBe(11); // after steps 400, 410, ... 500
  // Single readings vary with the allocator. The medians of both ends are 60 steps apart, so a growth of
  // 2 % over the hundred steps shows as 1.2 %.
  const [first, last] = [median(resident.slice(0, 5)), median(resident.slice(-5))];
  expect(last / first - 1, `resident bytes: ${resident.join(", ")}`).toBeLessThan(0.012);
  expect(handles.sessions).toBeGreaterThan(0);
  expect(handles.tensors).toBeGreaterThan(0);
  for (const [kind, count] of Object.entries(left)) expect(count, kind).toBe(0);
}, 120_000);
