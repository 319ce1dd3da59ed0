/** Loading, empty and error states. */
import type { ComponentChildren } from "preact";
import type { Resource, ResourceSignal } from "../data/resource.ts";

/** Shows that something is loading. */
export function Waiting({ what }: { readonly what: string }) {
  return (
    <div class="waiting" role="status">
      <span class="bar" aria-hidden="true" />
      Loading {what}…
    </div>
  );
}

/** Explains why there is no content. */
export function Empty({ children }: { readonly children: ComponentChildren }) {
  return <p class="card empty">{children}</p>;
}

/** Shows an error, with a retry button. */
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

/** Renders a resource once it is loaded. */
export function WhenReady<T>({ of, what, children }: WhenReadyProps<T>) {
  const read: Resource<T> = of.value.value;
  if (read.state === "loading") return <Waiting what={what} />;
  if (read.state === "failed") {
    return <Problem reason={read.reason} retry={() => void of.refresh()} />;
  }
  return <>{children(read.value)}</>;
}
