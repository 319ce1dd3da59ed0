import { appendFileSync, cpSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { MetricTable, RunList } from "../inspect/types/view.ts";
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

let folder: TestFolder;
let page: string;
beforeAll(() => {
  folder = testFolder();
  page = writePage(folder.at("page"));
});
afterAll(() => folder[Symbol.dispose]());

/** Reads messages of `events` until `enough` returns true. */
async function messages(
  from: TestServer,
  path: string,
  enough: (received: readonly Message[]) => boolean,
  headers: Readonly<Record<string, string>> = {},
): Promise<Message[]> {
  const ending = new AbortController();
  const response = await fetch(`${from.origin}${path}`, { headers, signal: ending.signal });
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  const received: Message[] = [];
  let text = "";
  const decoder = new TextDecoder();
  for await (const bytes of response.body!) {
    text += decoder.decode(bytes, { stream: true });
    const parts = text.split("\n\n");
    text = parts.pop()!;
    for (const part of parts) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(part)?.[1] ?? "";
      received.push({ event: field("event"), id: field("id"), data: JSON.parse(field("data")) });
    }
    if (enough(received)) break;
  }
  ending.abort();
  return received;
}

interface Message {
  readonly event: string;
  readonly id: string;
  readonly data: { readonly step: number; readonly state: string }[] & { readonly state: string };
}

describe("events", () => {
  const open = async () => {
    const own = folder.at("runs", `live-${Math.random()}`);
    writeRun(own);
    const at = await testServer(page, [own]);
    const { id } = (await at.json<RunList>("/data/runs.json")).runs[0]!;
    const { cursor } = await at.json<MetricTable>(`/data/runs/${id}/metrics.json`);
    return { own, at, id, cursor };
  };
  const stepsOf = (received: readonly Message[]): number[] =>
    received.flatMap((each) => (each.event === "metrics" ? each.data.map(({ step }) => step) : []));

  test("continue from the cursor, and from the last id after a disconnect", async () => {
    const { own, at, id, cursor } = await open();
    await using _ = at;
    const events = `/data/runs/${id}/events?after=${cursor}`;
    const reading = messages(at, events, (received) => stepsOf(received).length >= 2);
    appendFileSync(`${own}/metrics.jsonl`, lines(event(2), event(3, null)));
    const first = await reading;
    expect(stepsOf(first)).toEqual([2, 3]);
    expect(first.filter(({ event: name }) => name === "state")).not.toEqual([]);
    expect(first.map(({ event: name }) => name)).not.toContain("reset");
    appendFileSync(`${own}/metrics.jsonl`, lines(event(4)));
    const last = first.findLast(({ event: name }) => name === "metrics")!.id;
    const second = await messages(at, events, (received) => stepsOf(received).length >= 1, {
      "Last-Event-ID": last,
    });
    expect(stepsOf(second)).toEqual([4]);
  });

  test("start with a reset for a cursor of another server or another file", async () => {
    const { own, at, id, cursor } = await open();
    await using _ = at;
    const [first] = await messages(
      at,
      `/data/runs/${id}/events?after=x`,
      ({ length }) => length > 0,
    );
    expect(first).toMatchObject({ event: "reset", data: null });
    const reading = messages(at, `/data/runs/${id}/events?after=${cursor}`, (received) =>
      received.some(({ event: name }) => name === "reset"),
    );
    writeFileSync(`${own}/new`, lines(event(0)));
    renameSync(`${own}/new`, `${own}/metrics.jsonl`);
    const received = await reading;
    const table = await at.json<MetricTable>(`/data/runs/${id}/metrics.json`);
    expect(received.at(-1)!.id).toBe(table.cursor);
    expect(table.series[0]!.steps).toEqual([0]);
  });

  test("of closed pages free their slots", async () => {
    const { at, id } = await open();
    await using _ = at;
    const address = `${at.origin}/data/runs/${id}/events`;
    const ending = new AbortController();
    const { signal } = ending;
    const many = Array.from({ length: 100 }, () => fetch(address, { signal }));
    for (const response of await Promise.all(many)) expect(response.status).toBe(200);
    expect((await fetch(address)).status).toBe(503);
    ending.abort();
    const status = async (): Promise<number> => {
      const one = new AbortController();
      const response = await fetch(address, { signal: one.signal });
      one.abort();
      return response.status;
    };
    await expect.poll(status, { timeout: 10_000 }).toBe(200);
  });

  test("end if the directory is removed, and resume if it returns", async () => {
    const { own, at, id, cursor } = await open();
    await using _ = at;
    const reading = messages(at, `/data/runs/${id}/events?after=${cursor}`, () => false);
    cpSync(own, `${own}-kept`, { recursive: true });
    await expect.poll(async () => (await at.get(`/data/runs/${id}/run.json`)).status).toBe(200);
    rmSync(own, { recursive: true });
    await reading;
    expect((await at.get(`/data/runs/${id}/events`)).status).toBe(404);
    renameSync(`${own}-kept`, own);
    await expect
      .poll(async () => (await at.get(`/data/runs/${id}/run.json`)).status, { timeout: 5000 })
      .toBe(200);
  });
});
