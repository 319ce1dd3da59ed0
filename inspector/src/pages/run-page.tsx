/** The pages of one run. */

import type { RunView } from "moesaic/inspect";
import type { FunctionComponent } from "preact";
import { useEffect } from "preact/hooks";
import { lazy } from "../components/lazy.tsx";
import { Empty, WhenReady } from "../components/states.tsx";
import { whyNoRecord } from "../data/offered.ts";
import { pageOf, type RecordPage, type RunPage } from "../data/pages.ts";
import { type OpenRun, openRun } from "../data/runs.ts";
import { route } from "../route.ts";
import type { RecordPageProps } from "./record-page.ts";

const Overview = lazy(async () => (await import("./overview.tsx")).OverviewPage);
const Playground = lazy(async () => (await import("./playground.tsx")).PlaygroundPage);

const recordPages: Readonly<Record<RecordPage, FunctionComponent<RecordPageProps>>> = {
  mosaic: lazy(async () => (await import("./mosaic.tsx")).MosaicPage),
  tokens: lazy(async () => (await import("./tokens.tsx")).TokensPage),
  experts: lazy(async () => (await import("./experts.tsx")).ExpertsPage),
  attention: lazy(async () => (await import("./attention.tsx")).AttentionPage),
  confusion: lazy(async () => (await import("./confusion.tsx")).ConfusionPage),
};

/** One page of the run; the run is followed while any of them is open. */
export function RunPageView({ id }: { readonly id: string }) {
  const run = openRun(id);
  const page = route.value.page as RunPage;
  useEffect(() => run.follow(), [run]);
  useEffect(() => {
    const view = run.view.value.value;
    const name = view.state === "ready" ? view.value.name : id;
    document.title = `${pageOf(page).title} \u00b7 ${name} \u00b7 Moesaic`;
  }, [page, id, run.view.value.value]);
  return (
    <>
      <h1>{pageOf(page).title}</h1>
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
  const Page = recordPages[page];
  return (
    <WhenReady of={run.record()} what="the routing record">
      {(record) => <Page record={record} view={view} />}
    </WhenReady>
  );
}
