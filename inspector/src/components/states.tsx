/** What stands where there is nothing to see yet, or nothing at all. */
import type { ComponentChildren } from "preact";
import type { Resource, ResourceSignal } from "../data/resource.ts";

/** Says that something is being waited for. */
export function Waiting({ what }: { readonly what: string }) {
  return (
    <div class="waiting" role="status">
      <span class="bar" aria-hidden="true" />
      Reading {what}…
    </div>
  );
}

/** Says in a sentence why there is nothing. */
export function Empty({ children }: { readonly children: ComponentChildren }) {
  return <p class="card empty">{children}</p>;
}

/** Says what went wrong, and offers to try again. */
export function Problem({ reason, retry }: { reason: string; retry?: () => void }) {
  return (
    <div class="card problem" role="alert">
      <p>{reason}</p>
      {retry && (
        <button type="button" class="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

interface WhenReadyProps<T> {
  readonly of: ResourceSignal<T>;
  readonly what: string;
  readonly children: (value: T) => ComponentChildren;
}

/** What was read, once it is there. */
export function WhenReady<T>({ of, what, children }: WhenReadyProps<T>) {
  const read: Resource<T> = of.value.value;
  if (read.state === "loading") return <Waiting what={what} />;
  if (read.state === "failed") {
    return <Problem reason={read.reason} retry={() => void of.refresh()} />;
  }
  return <>{children(read.value)}</>;
}
