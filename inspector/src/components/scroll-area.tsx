/** A table that may be wider than its container. */
import type { ComponentChildren } from "preact";

interface ScrollAreaProps {
  /** Accessible name. */
  readonly name: string;
  readonly class?: string;
  readonly children: ComponentChildren;
}

/** Scrolls horizontally; it is focusable, so that arrow keys scroll it. */
export function ScrollArea({ name, class: look = "card scroll", children }: ScrollAreaProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: required for scrolling with keys
    <section class={`${look} area`} tabIndex={0} aria-label={name}>
      {children}
    </section>
  );
}
