import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { ask, encoded, get, post } from "../api";
import { bytes, duration, fullTime, plural } from "../format";
import { useEvents, useLive, useNow } from "../live";
import { Action } from "../parts/action";
import { Timeline } from "../parts/timeline";
import { Ago, At, Dialog, Empty, Facts, Failure, JobLink, Json, Loading, Meter, Page, Panel, StatusMark } from "../parts/ui";
import { href } from "../route";
import { type Explanation, type HistoryEntry, type Job, liveStatuses } from "../types";

interface Seen {
  job: Job;
  history: HistoryEntry[];
  lines: string[];
  why: Explanation | undefined;
}

async function load(id: string): Promise<Seen> {
  const at = `api/jobs/${encoded(id)}`;
  const [job, past, logs, why] = await Promise.all([
    get<Job>(at),
    get<Job>(`${at}/history`),
    get<{ lines: string[] }>(`${at}/logs`),
    // While stored jobs are still being read there are no explanations.
    get<Explanation>(`${at}/explain`).catch(() => undefined),
  ]);
  return { job, history: past.history ?? [], lines: logs.lines, why };
}

export function JobPage({ id }: { id: string }) {
  const { data, error, again } = useLive(id, () => load(id));
  useEvents(`id=${encodeURIComponent(id)}`);
  const now = useNow();
  if (!data)
    return (
      <Page title={id}>
        {error?.code === "unknown_job" ? (
          <Empty title={error.message}>
            <a class="button" href="#/jobs">
              All jobs
            </a>
          </Empty>
        ) : (
          <Failure error={error} onRetry={again} />
        )}
        {!error && <Loading rows={8} />}
      </Page>
    );
  const { job: j, history, lines, why } = data;
  return (
    <Page title={j.id} note={<Under job={j} />} actions={<Actions job={j} again={again} />}>
      <Failure error={error} onRetry={again} />
      <div class="job-head">
        <StatusMark status={j.status} held={j.held} />
        <span class="faint">
          created <Ago at={j.createdAt} now={now} />
          {j.completedAt && (
            <>
              {" · ended "}
              <Ago at={j.completedAt} now={now} />
            </>
          )}
        </span>
        {j.progress && (
          <span class="progress">
            <Meter value={j.progress.percent} max={100} />
            {j.progress.percent} % {j.progress.message}
          </span>
        )}
      </div>
      {j.error && (
        <div class={`job-error ${j.status === "completed" ? "past" : ""}`}>
          <code>{j.error.code}</code> {j.error.message}{" "}
          <span class="faint">
            <Ago at={j.error.timestamp} now={now} />
          </span>
        </div>
      )}
      <div class="columns">
        {why && (
          <Panel title={liveStatuses.includes(j.status) ? "What it waits for" : "What became of it"} class="wide">
            <ul class="reasons">
              {why.reasons.map((r, i) => (
                <li key={i}>
                  {r.text}
                  {r.until && liveStatuses.includes(j.status) && (
                    <span class="faint">
                      {" "}
                      (<Ago at={r.until} now={now} />)
                    </span>
                  )}
                  {r.jobs && (
                    <span class="ids">
                      {r.jobs.map((job) => (
                        <JobLink key={job} id={job} />
                      ))}
                    </span>
                  )}
                </li>
              ))}
              {why.projectedStart && (
                <li>
                  It will probably start <Ago at={why.projectedStart} now={now} />.
                </li>
              )}
            </ul>
          </Panel>
        )}
        <Panel title="Attempts" class="wide" aside={`${plural(j.attempt, "attempt")} · ${plural(j.retryCount, "retry", "retries")} charged of ${j.maxRetries}`}>
          <Timeline history={history} now={now} />
        </Panel>
        <Panel title="Payload">
          <Json value={j.payload} />
        </Panel>
        <Panel title="Result">{j.result === undefined ? <p class="faint pad">There is none{liveStatuses.includes(j.status) ? " yet" : ""}.</p> : <Result value={j.result} />}</Panel>
        <Panel title="Log lines" class="wide" aside={lines.length ? `the last ${lines.length}` : ""}>
          {lines.length ? <Json value={lines.join("\n")} /> : <p class="faint pad">Its handler has logged nothing.</p>}
        </Panel>
        {j.checkpoint !== undefined && (
          <Panel title="Checkpoint" class="wide">
            <Json value={j.checkpoint} />
          </Panel>
        )}
        <Panel title="Settings">
          <Facts of={settings(j)} />
        </Panel>
        <Panel title="History">
          <ol class="history" tabIndex={0} aria-label="history">
            {history.map((h, i) => (
              <li key={i}>
                <At at={h.at} />
                <StatusMark status={h.status} />
                <span>
                  {h.reason}
                  {h.workerID && <span class="faint"> · {h.workerID}</span>}
                </span>
              </li>
            ))}
          </ol>
        </Panel>
      </div>
    </Page>
  );
}

function Under({ job: j }: { job: Job }) {
  return (
    <>
      {j.type} in <a href={href(["jobs"], { queue: j.queue })}>{j.queue}</a>
      {j.workflow && (
        <>
          {" · "}
          <a href={href(["workflows", j.workflow.id])}>{j.workflow.name}</a> / {j.workflow.key}
        </>
      )}
      {j.schedule && (
        <>
          {" · schedule "}
          <a href={href(["schedules", j.schedule.name])}>{j.schedule.name}</a>
        </>
      )}
      {j.tags.map((t) => (
        <a key={t} class="tag" href={href(["jobs"], { tag: t })}>
          {t}
        </a>
      ))}
    </>
  );
}

/** What a program wrote is text, and read as such. */
function Result({ value }: { value: unknown }) {
  const r = value as { stdout?: unknown; stderr?: unknown } | null;
  if (!r || typeof r !== "object" || typeof r.stdout !== "string") return <Json value={value} />;
  const { stdout, stderr, ...rest } = r;
  return (
    <>
      {stdout !== "" && <Json value={stdout} />}
      {typeof stderr === "string" && stderr !== "" && (
        <>
          <h3>standard error</h3>
          <Json value={stderr} />
        </>
      )}
      <Json value={rest} />
    </>
  );
}

function settings(j: Job): [string, ComponentChildren][] {
  const out: [string, ComponentChildren][] = [
    ["priority", j.priority],
    ["earliest start", fullTime(j.scheduleAt)],
    ["timeout", duration(j.timeout * 1000)],
    ["retries", j.maxRetries],
    ["durability", j.durability],
    ["resources", <code key="r">{JSON.stringify(j.resources)}</code>],
    ["retry policy", <code key="p">{JSON.stringify(j.retryPolicy)}</code>],
  ];
  if (j.deadline) out.push(["deadline", fullTime(j.deadline)]);
  if (j.finishBy) out.push(["finish by", fullTime(j.finishBy)]);
  if (j.concurrencyKey) out.push(["concurrency key", j.concurrencyKey]);
  if (j.heldSince) out.push(["held since", `${fullTime(j.heldSince)}${j.holdReason ? `: ${j.holdReason}` : ""}`]);
  if (j.workerID) out.push(["worker", j.workerID]);
  if (j.lossCount) out.push(["workers lost", j.lossCount]);
  if (j.usage) {
    out.push(["ran", duration(j.usage.runSeconds * 1000)], ["CPU time", duration(j.usage.cpuSeconds * 1000)]);
    if (j.usage.peakMemoryBytes) out.push(["peak memory", bytes(j.usage.peakMemoryBytes)]);
  }
  if (j.dependencies.length)
    out.push([
      "depends on",
      <span key="d" class="ids">
        {j.dependencies.map((d) => {
          const id = typeof d === "string" ? d : d.id;
          return <JobLink key={id} id={id} />;
        })}
      </span>,
    ]);
  return out;
}

function Actions({ job: j, again }: { job: Job; again: () => void }) {
  const at = `api/jobs/${encoded(j.id)}`;
  const [changing, setChanging] = useState(false);
  const live = liveStatuses.includes(j.status);
  const waits = j.status === "queued" || j.status === "scheduled" || j.status === "retrying";
  return (
    <>
      {j.status === "failed" && <Action label="Retry" tone="primary" run={() => post(`${at}/retry`)} done={`${j.id} is tried again`} after={again} />}
      {j.status === "scheduled" && (
        <Action label="Run now" tone="primary" run={() => ask("PATCH", at, { scheduleAt: new Date().toISOString() })} done={`${j.id} may start now`} after={again} />
      )}
      {live && !j.held && <Action label="Hold" run={() => ask("PATCH", at, { held: true })} done={`${j.id} is held`} after={again} />}
      {live && j.held && <Action label="Release" tone="primary" run={() => ask("PATCH", at, { held: false })} done={`${j.id} is released`} after={again} />}
      {waits && <button onClick={() => setChanging(true)}>Priority</button>}
      <a class="button" href={href(["submit"], { from: j.id })}>
        Clone
      </a>
      {live && (
        <Action
          label="Cancel"
          tone="danger"
          confirm={j.status === "running" ? "The job runs. It is told to stop, and becomes cancelled." : "The job will not run. What depends on its success is cancelled as well."}
          run={() => post(`${at}/cancel`)}
          done={`${j.id} is cancelled`}
          after={again}
        />
      )}
      {changing && (
        <Dialog title="Priority" onClose={() => setChanging(false)}>
          <p>9 goes first. It is {j.priority} now.</p>
          <div class="priorities">
            {Array.from({ length: 10 }, (_, p) => (
              <Action
                key={p}
                label={String(p)}
                tone={p === j.priority ? "primary" : ""}
                run={() => ask("PATCH", at, { priority: p })}
                done={`${j.id} has priority ${p}`}
                after={() => {
                  setChanging(false);
                  again();
                }}
              />
            ))}
          </div>
        </Dialog>
      )}
    </>
  );
}
