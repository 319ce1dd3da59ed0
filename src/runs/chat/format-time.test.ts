import { expect, test } from "vitest";
import { formatTime } from "./format-time.ts";

test("codes are those of Python's strftime", () => {
  const evening = new Date(2024, 1, 9, 18, 3, 7); // datetime(2024, 2, 9, 18, 3, 7).strftime
  expect(formatTime(evening, "%A %a, %d %B %b %Y %y, day %j")).toBe(
    "Friday Fri, 09 February Feb 2024 24, day 040",
  );
  expect(formatTime(evening, "%H:%M:%S is %I %p; %-d/%-m; 100 %%")).toBe("18:03:07 is 06 PM; 9/2; 100 %"); // biome-ignore format: one expression
  expect(formatTime(new Date(2023, 11, 31), "%j %I %p")).toBe("365 12 AM");
});
