import { expect, test } from "vitest";
import { hrefOf, parseRoute } from "./address.ts";

test("an address contains a run, a page and its choices", () => {
  const route = parseRoute("#/run/first/mosaic?layer=2&expert=5");
  expect([route.run, route.page]).toEqual(["first", "mosaic"]);
  expect([...route.params]).toEqual([
    ["layer", "2"],
    ["expert", "5"],
  ]);
});

test("an unknown page is reported, with the page in its place", () => {
  expect(parseRoute("").page).toBe("runs");
  expect(parseRoute("").unknown).toBeUndefined();
  expect(parseRoute("#/elsewhere/x")).toMatchObject({ page: "runs", unknown: "elsewhere/x" });
  expect(parseRoute("#/run/first")).toEqual({ run: "first", page: "overview", params: new Map() });
  expect(parseRoute("#/run/first/constructor")).toMatchObject({
    ...{ run: "first", page: "overview", unknown: "constructor" },
  });
  expect(parseRoute("#/run/%E0%A4%A/mosaic").run).toBe("%E0%A4%A"); // invalid UTF-8
});

test("every address survives the round trip", () => {
  const params = new Map([["filter", "a&b=c#d ?"]]);
  for (const run of ["plain", "50 % & more?", "a#b"]) {
    const route = parseRoute(hrefOf({ run, page: "tokens", params }));
    expect(route).toEqual({ run, page: "tokens", params });
  }
  for (const model of ["plain", "50 % & more?", "a/b"]) {
    const route = parseRoute(hrefOf({ model, page: "model", params }));
    expect(route).toEqual({ model, page: "model", params });
  }
  expect(parseRoute("#/model/")).toMatchObject({ page: "runs", unknown: "model/" });
  expect(hrefOf({ page: "runs" })).toBe("#/");
});
