/** A result, its progress, or its error. */
import type { ComponentChildren } from "preact";
import { Problem } from "../components/states.tsx";
import type { Answer } from "./answer.ts";

interface AnsweredProps<T> {
  readonly of: Answer<T>;
  /** Progress text, such as `Processing the image`. */
  readonly doing: string;
  readonly children: (value: T) => ComponentChildren;
}

/** The previous result remains, dimmed, while the next is computed. */
export function Answered<T>({ of: { value, waiting, reason }, doing, children }: AnsweredProps<T>) {
  if (reason !== undefined) return <Problem reason={reason} />;
  return (
    <div class={waiting && value !== undefined ? "answered stale" : "answered"} aria-busy={waiting}>
      {waiting && (
        <p class="doing" role="status">
          <span class="waiting">
            <span class="bar" aria-hidden="true" />
            {doing}…
          </span>
        </p>
      )}
      {value !== undefined && children(value)}
    </div>
  );
}
