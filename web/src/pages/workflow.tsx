import { encoded, get, post } from "../api";
import { duration, pretty, tookFrom } from "../format";
import { useEvents, useLive, useNow } from "../live";
import { Action } from "../parts/action";
import { GraphView } from "../parts/graph";
import { Table } from "../parts/table";
import { Ago, Empty, Failure, JobLink, Json, Loading, None, Page, Panel, StatusMark } from "../parts/ui";
import { href } from "../route";
import type { Graph, Workflow } from "../types";
import { ProgressBar, StateMark } from "./workflows";

const listed = 300;

export function WorkflowPage({ id }: { id: string }) {
  const at = `api/workflows/${encoded(id)}`;
  useEvents(`workflow=${encodeURIComponent(id)}`);
  const one = useLive(id, async () => {
    const [workflow, graph] = await Promise.all([get<Workflow>(at), get<Graph>(`${at}/graph`)]);
    return { workflow, graph };
  });
  const now = useNow();
  if (!one.data)
    return (
      <Page title={id}>
        {one.error?.status === 404 ? (
          <Empty title={one.error.message}>
            <a class="button" href="#/workflows">
              All workflows
            </a>
          </Empty>
        ) : (
          <Failure error={one.error} onRetry={one.again} />
        )}
        {!one.error && <Loading rows={8} />}
      </Page>
    );
  const { workflow: w, graph } = one.data;
  const open = w.state === "waiting" || w.state === "running" || w.state === "paused";
  const all = Object.entries(w.jobs);
  return (
    <Page
      title={w.name}
      note={<span class="mono">{w.id}</span>}
      actions={
        <>
          {open && w.state !== "paused" && <Action label="Pause" run={() => post(`${at}/pause`)} done={`${w.name} is paused`} after={one.again} />}
          {w.state === "paused" && <Action label="Resume" tone="primary" run={() => post(`${at}/resume`)} done={`${w.name} goes on`} after={one.again} />}
          {(w.state === "failed" || w.state === "cancelled") && (
            <Action
              label="Retry"
              tone="primary"
              confirm="What did not complete is submitted once more. What completed is not done again."
              run={() => post(`${at}/retry`)}
              done={`${w.name} is tried again`}
              after={one.again}
            />
          )}
          {open && (
            <Action
              label="Cancel"
              tone="danger"
              confirm="All of it that has not ended is cancelled. Jobs that run are told to stop."
              run={() => post(`${at}/cancel`)}
              done={`${w.name} is cancelled`}
              after={one.again}
            />
          )}
          <a class="button" href={href(["jobs"], { workflow: w.id })}>
            Its jobs
          </a>
        </>
      }
    >
      <Failure error={one.error} onRetry={one.again} />
      <div class="job-head">
        <StateMark state={w.state} />
        <span class="grow">
          <ProgressBar of={w.progress} />
        </span>
        <span>
          {w.progress.completed} of {w.progress.total} completed
          {w.progress.failed > 0 && `, ${w.progress.failed} failed`}
          {w.progress.skipped > 0 && `, ${w.progress.skipped} not needed`}
        </span>
        <span class="faint">
          created <Ago at={w.createdAt} now={now} /> · {tookFrom(w.createdAt, w.completedAt, now)}
        </span>
      </div>
      <Panel title="Graph" aside={graph.criticalPath.length ? `longest chain ${duration(graph.criticalPathDuration * 1000)}: ${graph.criticalPath.join(" → ")}` : ""}>
        <GraphView graph={graph} />
      </Panel>
      <Table
        rows={all.slice(0, listed)}
        keyOf={([key]) => key}
        columns={[
          { name: "status", cell: ([, j]) => <StatusMark status={j.status} held={j.held} /> },
          { name: "key", cell: ([key]) => key },
          { name: "job", cell: ([, j]) => <JobLink id={j.id} /> },
          { name: "type", cell: ([, j]) => j.type },
          { name: "took", num: true, cell: ([, j]) => (j.startedAt ? tookFrom(j.startedAt, j.completedAt, now) : <None />) },
        ]}
      />
      {all.length > listed && (
        <p class="list-end">
          the first {listed} of {all.length} <a href={href(["jobs"], { workflow: w.id })}>all of them</a>
        </p>
      )}
      {w.result && (
        <Panel title="Result">
          <Json value={pretty(w.result)} />
        </Panel>
      )}
    </Page>
  );
}
