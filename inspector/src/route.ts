/** The current route: page, run and choices, stored in the address after `#`. */
import { type ReadonlySignal, signal } from "@preact/signals";
import { hrefOf, parseRoute, type Route } from "./address.ts";

export { hrefOf } from "./address.ts";

const current = signal<Route>(parseRoute(location.hash));

/** The current page. */
export const route: ReadonlySignal<Route> = current;

/**
 * Delay for writing slider values to the address, because browsers limit the rate, milliseconds.
 */
const rest = 150;
let writing: ReturnType<typeof setTimeout> | undefined;
/** The address as last written or read by this page. */
let written = location.hash;

addEventListener("hashchange", () => {
  clearTimeout(writing);
  written = location.hash;
  current.value = parseRoute(written);
});

/**
 * Changes choices of the current page; `null` removes one.
 *
 * @param keep whether to add a history entry for the back button; sliders add none
 */
export function choose(
  changes: Readonly<Record<string, string | number | null>>,
  { keep = false }: { readonly keep?: boolean } = {},
): void {
  const params = new Map(current.value.params);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) params.delete(name);
    else params.set(name, String(value));
  }
  const next = { ...current.value, params };
  if (hrefOf(next) === hrefOf(current.value)) return;
  clearTimeout(writing);
  const before = hrefOf(current.value);
  current.value = next;
  if (keep) {
    // Pending slider values belong to the history entry before this one.
    if (before !== written) write("replaceState", before);
    write("pushState", hrefOf(next));
  } else {
    writing = setTimeout(() => {
      // The user may have followed a link in the meantime.
      if (location.hash === written) write("replaceState", hrefOf(current.value));
    }, rest);
  }
}

function write(how: "pushState" | "replaceState", address: string): void {
  history[how](null, "", address);
  written = location.hash;
}

/** An integer from the address, from 0 to `count - 1`; otherwise `fallback`. */
export function chosenIndex(name: string, count: number, fallback: number): number {
  const text = route.value.params.get(name);
  const value = text === undefined ? Number.NaN : Number(text);
  return Number.isInteger(value) && value >= 0 && value < count ? value : fallback;
}
