/** Where the reader is: the page, the run and the choices, all in the address after `#`. */
import { type ReadonlySignal, signal } from "@preact/signals";
import { hrefOf, parseRoute, type Route } from "./address.ts";

export { hrefOf } from "./address.ts";

const current = signal<Route>(parseRoute(location.hash));

/** The page that is shown. */
export const route: ReadonlySignal<Route> = current;

/** Browsers refuse addresses that change too often: a slider's are written when it rests, milliseconds. */
const rest = 150;
let writing: ReturnType<typeof setTimeout> | undefined;
/** The address as this page wrote or read it last. */
let written = location.hash;

addEventListener("hashchange", () => {
  clearTimeout(writing);
  written = location.hash;
  current.value = parseRoute(written);
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
  clearTimeout(writing);
  const before = hrefOf(current.value);
  current.value = next;
  if (keep) {
    // What the sliders left belongs to the step that is gone back to.
    if (before !== written) write("replaceState", before);
    write("pushState", hrefOf(next));
  } else {
    writing = setTimeout(() => {
      // The reader may have followed a link meanwhile.
      if (location.hash === written) write("replaceState", hrefOf(current.value));
    }, rest);
  }
}

function write(how: "pushState" | "replaceState", address: string): void {
  history[how](null, "", address);
  written = location.hash;
}

/** A whole number from the address, within 0 and `count - 1`; otherwise `fallback`. */
export function chosenIndex(name: string, count: number, fallback: number): number {
  const text = route.value.params.get(name);
  const value = text === undefined ? Number.NaN : Number(text);
  return Number.isInteger(value) && value >= 0 && value < count ? value : fallback;
}
