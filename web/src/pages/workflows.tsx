import { useEffect, useState } from "preact/hooks";
import { get, query as asQuery } from "../api";
import { tookFrom } from "../format";
import { useLive, useNow } from "../live";
import { Table } from "../parts/table";
import { Ago, Empty, Failure, Loading, Page } from "../parts/ui";
import { href, replace } from "../route";
import type { Progress, WorkflowSummary } from "../types";

const states = ["waiting", "running", "paused", "completed", "failed", "cancelled"] as const;
/** The colours of states are those of the statuses of jobs. */
export const statusOfState = (state: string) => (state === "waiting" ? "queued" : state === "paused" ? "retrying" : state);

export function ProgressBar({ of: p }: { of: Progress }) {
  const parts: [keyof Progress, string][] = [
    ["completed", "m-completed"],
    ["skipped", "m-cancelled"],
    ["failed", "m-failed"],
    ["cancelled", "m-cancelled"],
    ["running", "m-running"],
  ];
  return (
    <span class="meter tall" role="img" aria-label={`${p.completed} of ${p.total} completed, ${p.failed} failed, ${p.running} running`}>
      {parts.map(([name, tone]) => p[name] > 0 && <i key={name} class={tone} style={{ width: `${(p[name] / Math.max(1, p.total)) * 100}%` }} />)}
    </span>
  );
}

export function StateMark({ state }: { state: string }) {
  return (
    <span class={`status s-${statusOfState(state)}`}>
      <i aria-hidden="true" />
      {state}
    </span>
  );
}

export function Workflows({ query }: { query: URLSearchParams }) {
  const state = query.get("state") ?? "";
  /** Of an older page: only workflows before this one. */
  const cursor = query.get("cursor") ?? undefined;
  const [size, setSize] = useState(20);
  useEffect(() => setSize(20), [state, cursor]);
  const list = useLive(`workflows ${state} ${cursor} ${size}`, () =>
    get<{ workflows: WorkflowSummary[]; next: string | null }>(`api/workflows${asQuery({ state, limit: size, cursor })}`),
  );
  const now = useNow();
  const workflows = list.data?.workflows ?? [];
  return (
    <Page
      title="Workflows"
      actions={
        <a class="button primary" href="#/submit/workflow">
          New workflow
        </a>
      }
      note={cursor ? <a href={href(["workflows"], { state })}>the newest</a> : "graphs of jobs, newest first"}
    >
      <div class="chips" role="group" aria-label="states">
        {states.map((s) => (
          <button key={s} class="chip" aria-pressed={s === state} onClick={() => replace(href(["workflows"], { state: s === state ? undefined : s }))}>
            <i class={`dot s-${statusOfState(s)}`} aria-hidden="true" />
            {s}
          </button>
        ))}
      </div>
      <Failure error={list.error} onRetry={list.again} />
      {!list.data && !list.error && <Loading />}
      {list.data && workflows.length === 0 && (
        <Empty title={state ? `None of the latest workflows is ${state}.` : "There are no workflows yet."}>
          {!state && (
            <a class="button primary" href="#/submit/workflow">
              New workflow
            </a>
          )}
        </Empty>
      )}
      {workflows.length > 0 && (
        <Table
          rows={workflows}
          keyOf={(w) => w.id}
          columns={[
            { name: "state", cell: (w) => <StateMark state={w.state} /> },
            { name: "workflow", cell: (w) => <a href={href(["workflows", w.id])}>{w.name}</a> },
            { name: "progress", cell: (w) => <ProgressBar of={w.progress} /> },
            { name: "jobs", num: true, cell: (w) => `${w.progress.completed + w.progress.skipped} / ${w.progress.total}` },
            { name: "took", num: true, cell: (w) => tookFrom(w.createdAt, w.completedAt, now) },
            { name: "created", num: true, cell: (w) => <Ago at={w.createdAt} now={now} /> },
          ]}
        />
      )}
      {list.data?.next && (
        <p class="list-end">
          {size < 100 && <button onClick={() => setSize(100)}>Load more</button>}
          <a class="button" href={href(["workflows"], { state, cursor: list.data.next })}>
            Older
          </a>
        </p>
      )}
    </Page>
  );
}
