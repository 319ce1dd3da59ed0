import { expect, test } from "vitest";
import { contrast } from "./color.ts";
import { cssTheme, pageColors, themeVariables } from "./theme.ts";

test.each(["light", "dark"] as const)("text reaches WCAG AA in the %s scheme", (scheme) => {
  const colors = pageColors[scheme];
  for (const ground of [colors.page, colors.surface, colors.sunken]) {
    for (const text of [colors.ink, colors.muted, colors.accent, colors.warning, colors.good]) {
      expect(contrast(text, ground)).toBeGreaterThanOrEqual(4.5);
    }
  }
  for (const series of colors.series) {
    expect(contrast(series, colors.surface)).toBeGreaterThanOrEqual(3);
  }
});

test.each(["light", "dark"] as const)("numbers in shaded cells are readable: %s", (scheme) => {
  const css = themeVariables(scheme);
  const value = (name: string): string => new RegExp(`--${name}: (#\\w{6});`).exec(css)![1]!;
  for (const scale of ["heat", "balance"]) {
    for (let step = 0; step <= 10; step++) {
      expect(contrast(value(`${scale}-${step}`), value(`${scale}-ink-${step}`))).toBeGreaterThan(
        4.5,
      );
    }
  }
});

test("fractions select the nearest step; NaN selects the lowest", () => {
  expect(cssTheme.heat(0.34).fill).toBe("var(--heat-3)");
  expect(cssTheme.heat(7).fill).toBe("var(--heat-10)");
  expect(cssTheme.heat(Number.NaN).fill).toBe("var(--heat-0)");
});
