/** The pages of one run. */

import type { RunView } from "moesaic/inspect";
import type { FunctionComponent } from "preact";
import { useEffect } from "preact/hooks";
import { lazy } from "../components/lazy.tsx";
import { Empty, WhenReady } from "../components/states.tsx";
import { pageTitles, whyNoRecord } from "../data/offered.ts";
import type { StoredRecord } from "../data/record.ts";
import { type OpenRun, openRun } from "../data/runs.ts";
import { type RunPage, route } from "../route.ts";

/** What the pages that show the record are given. */
export interface RecordPageProps {
  readonly record: StoredRecord;
  readonly view: RunView;
}

const Overview = lazy(async () => (await import("./overview.tsx")).OverviewPage);
const Playground = lazy(async () => (await import("./playground.tsx")).PlaygroundPage);

const recordPages: Partial<Record<RunPage, FunctionComponent<RecordPageProps>>> = {
  mosaic: lazy(async () => (await import("./mosaic.tsx")).MosaicPage),
  tokens: lazy(async () => (await import("./tokens.tsx")).TokensPage),
  experts: lazy(async () => (await import("./experts.tsx")).ExpertsPage),
  attention: lazy(async () => (await import("./attention.tsx")).AttentionPage),
  confusion: lazy(async () => (await import("./confusion.tsx")).ConfusionPage),
};

/** One page of the run, which is followed as long as any of them is open. */
export function RunPageView({ id }: { readonly id: string }) {
  const run = openRun(id);
  const page = route.value.page as RunPage;
  useEffect(() => run.follow(), [run]);
  useEffect(() => {
    const view = run.view.value.value;
    const name = view.state === "ready" ? view.value.name : id;
    document.title = `${pageTitles[page]} \u00b7 ${name} \u00b7 Moesaic`;
  }, [page, id, run.view.value.value]);
  return (
    <>
      <h1>{pageTitles[page]}</h1>
      <WhenReady of={run.view} what="the run">
        {(view) => <Body run={run} view={view} page={page} />}
      </WhenReady>
    </>
  );
}

interface BodyProps {
  readonly run: OpenRun;
  readonly view: RunView;
  readonly page: RunPage;
}

function Body({ run, view, page }: BodyProps) {
  if (page === "overview") return <Overview run={run} view={view} />;
  if (page === "playground") return <Playground run={run} view={view} />;
  if (!view.hasRecord) return <Empty>{whyNoRecord(view)}</Empty>;
  const Page = recordPages[page]!;
  return (
    <WhenReady of={run.record()} what="what the routers did">
      {(record) => <Page record={record} view={view} />}
    </WhenReady>
  );
}
