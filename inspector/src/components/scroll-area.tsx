/** A table that may be wider than its place. */
import type { ComponentChildren } from "preact";

interface ScrollAreaProps {
  /** What a screen reader calls it. */
  readonly name: string;
  readonly class?: string;
  readonly children: ComponentChildren;
}

/** Scrolls sideways; it can be focused, so that arrow keys scroll it. */
export function ScrollArea({ name, class: look = "card scroll", children }: ScrollAreaProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: without it, keys could not scroll
    <section class={`${look} area`} tabIndex={0} aria-label={name}>
      {children}
    </section>
  );
}
