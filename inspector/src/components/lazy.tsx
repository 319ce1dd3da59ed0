/** Pages that are loaded on first use. */
import type { FunctionComponent } from "preact";
import { useEffect, useState } from "preact/hooks";
import { messageOf } from "../data/resource.ts";
import { Problem, Waiting } from "./states.tsx";

/** A component in its own chunk. */
export function lazy<Props extends object>(
  load: () => Promise<FunctionComponent<Props>>,
): FunctionComponent<Props> {
  let loaded: FunctionComponent<Props> | undefined;
  return function Lazy(props: Props) {
    const [Page, setPage] = useState<FunctionComponent<Props> | undefined>(() => loaded);
    const [reason, setReason] = useState<string>();
    const [attempt, setAttempt] = useState(0);
    useEffect(() => {
      if (Page !== undefined) return;
      setReason(undefined);
      load().then(
        (component) => {
          loaded = component;
          setPage(() => component);
        },
        (error: unknown) => setReason(messageOf(error)),
      );
    }, [attempt]);
    if (Page !== undefined) return <Page {...props} />;
    if (reason === undefined) return <Waiting what="the page" />;
    return (
      <Problem
        reason={`This page could not be loaded: ${reason}`}
        retry={() => setAttempt(attempt + 1)}
      />
    );
  };
}
