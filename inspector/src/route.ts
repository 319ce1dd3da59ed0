/** Where the reader is: the page, the run and the choices, all in the address after `#`. */
import { type ReadonlySignal, signal } from "@preact/signals";
import { hrefOf, parseRoute, type Route } from "./address.ts";

export { hrefOf, type RunPage } from "./address.ts";

const current = signal<Route>(parseRoute(location.hash));

/** The page that is shown. */
export const route: ReadonlySignal<Route> = current;

addEventListener("hashchange", () => {
  current.value = parseRoute(location.hash);
});

/**
 * Changes choices of the page at hand; `null` takes one back.
 *
 * @param keep whether the step can be undone with the browser's back button; sliders leave no trace
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
  history[keep ? "pushState" : "replaceState"](null, "", hrefOf(next));
  current.value = next;
}

/** A whole number from the address, within 0 and `count - 1`; otherwise `fallback`. */
export function chosenIndex(name: string, count: number, fallback: number): number {
  const text = route.value.params.get(name);
  const value = text === undefined ? Number.NaN : Number(text);
  return Number.isInteger(value) && value >= 0 && value < count ? value : fallback;
}
