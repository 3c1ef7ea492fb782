import { get } from "../api";
import { duration, number, percent, plural, rate, tookFrom } from "../format";
import { useLive, useNow } from "../live";
import { Bars, minute, useFeed } from "../parts/bars";
import { Slots } from "../parts/slots";
import { PlainTable } from "../parts/table";
import { Failure, Loading, Meter, None, Page, Panel } from "../parts/ui";
import { href } from "../route";
import { type DeadGroup, type JobMetrics, type Latency, type Queue, statuses, type WorkerMetrics } from "../types";
import { groupColumns, groupKey } from "./dead";

interface Seen {
  jobs: JobMetrics;
  workers: WorkerMetrics;
  queues: Queue[];
  dead: DeadGroup[];
}

async function load(): Promise<Seen> {
  const [jobs, workers, queues, dead] = await Promise.all([
    get<JobMetrics>("api/metrics/jobs"),
    get<WorkerMetrics>("api/metrics/workers"),
    get<{ queues: Queue[] }>("api/queues?limit=100"),
    get<{ groups: DeadGroup[] }>("api/dead?summary=true"),
  ]);
  return { jobs, workers, queues: queues.queues, dead: dead.groups };
}

export function Overview() {
  const { data, error, again } = useLive("overview", load);
  const now = useNow();
  useFeed(data?.jobs);
  if (!data)
    return (
      <Page title="Overview">
        <Failure error={error} onRetry={again} />
        {!error && <Loading rows={8} />}
      </Page>
    );
  const { jobs, workers, queues, dead } = data;
  const fresh = jobs.submitted === 0 && statuses.every((s) => jobs.byStatus[s] === 0);
  return (
    <Page title="Overview" note={`up for ${duration(now - Date.parse(jobs.startedAt))}`}>
      <Failure error={error} onRetry={again} />
      {fresh && <First />}
      <Figures jobs={jobs} workers={workers} />
      <div class="columns">
        <Panel title="Finished per second" class="wide" aside={`${rate(jobs.finishedPerSecond)}/s now · ${rate(jobs.submittedPerSecond)}/s submitted`}>
          <Bars seconds={minute()} />
        </Panel>
        <Panel title="Jobs by state" aside="all that are kept">
          <States counts={jobs.byStatus} />
        </Panel>
        <Panel title="How long it takes" aside="of the last one to two minutes">
          <Latencies jobs={jobs} />
        </Panel>
        <Panel title="Failed jobs" aside={<a href="#/dead">dead letters</a>}>
          <Failures dead={dead} now={now} />
        </Panel>
        <Panel title="Queues" aside={<a href="#/queues">all queues</a>}>
          <Busy queues={queues} now={now} />
        </Panel>
        <Panel title="Workers" class="wide" aside={<a href="#/workers">{plural(workers.total, "worker")}</a>}>
          {workers.workers.length === 0 && <p class="faint pad">No worker has joined. Jobs wait until one does.</p>}
          <div class="worker-lines">
            {workers.workers.slice(0, 12).map((w) => (
              <div key={w.id}>
                <span class="mono">{w.id}</span>
                <Slots worker={w} />
                <span class="num">
                  {w.currentJobs}/{w.capacity}
                </span>
              </div>
            ))}
          </div>
        </Panel>
      </div>
    </Page>
  );
}

function First() {
  return (
    <section class="first">
      <div>
        <h2>Ready for the first job</h2>
        <p>Nothing has been submitted yet. Submit one here, or from a shell:</p>
        <pre tabIndex={0}>
          {`curl ${location.origin}/api/jobs/submit -H 'Content-Type: application/json' \\\n  -d '{"jobType": "exec", "payload": {"argv": ["/bin/echo", "hello"]}}'`}
        </pre>
      </div>
      <a class="button primary" href="#/submit">
        Submit a job
      </a>
    </section>
  );
}

function Figures({ jobs, workers }: { jobs: JobMetrics; workers: WorkerMetrics }) {
  const by = jobs.byStatus;
  const ended = jobs.completed + jobs.failed;
  const list: [string, string, string, string?][] = [
    ["waiting", number(by.queued + by.scheduled), href(["jobs"], { status: "queued,scheduled" })],
    ["running", number(by.running), href(["jobs"], { status: "running" })],
    ["retrying", number(by.retrying), href(["jobs"], { status: "retrying" }), by.retrying ? "warn" : ""],
    ["failed", number(by.failed), href(["dead"]), by.failed ? "bad" : ""],
    ["succeeded", ended ? percent(jobs.completed / ended) : "–", href(["jobs"], { status: "completed" })],
    ["slots busy", `${workers.currentJobs} of ${workers.capacity}`, href(["workers"])],
  ];
  return (
    <div class="figures">
      {list.map(([name, value, to, tone]) => (
        <a key={name} href={to} class={tone ?? ""}>
          <span class="value">{value}</span>
          <span class="name">{name}</span>
        </a>
      ))}
    </div>
  );
}

function States({ counts }: { counts: JobMetrics["byStatus"] }) {
  const most = Math.max(1, ...statuses.map((s) => counts[s]));
  return (
    <div class="states">
      {statuses.map((s) => (
        <a key={s} href={href(["jobs"], { status: s })}>
          <span class={`status s-${s}`}>
            <i aria-hidden="true" />
            {s}
          </span>
          <Meter value={counts[s]} max={most} tone={`m-${s}`} />
          <span class="num">{number(counts[s])}</span>
        </a>
      ))}
    </div>
  );
}

function Latencies({ jobs }: { jobs: JobMetrics }) {
  const rows: [string, string, Latency][] = [
    ["submit", "submit to durable", jobs.submitTime],
    ["wait", "ready to the start of its handler", jobs.waitTime],
    ["run", "in the handler", jobs.runTime],
    ["settle", "outcome received to durable", jobs.settleTime],
  ];
  return (
    <PlainTable
      rows={rows}
      keyOf={([name]) => name}
      columns={[
        { name: "stage", heads: true, title: ([, what]) => what, cell: ([name]) => name },
        ...(["p50", "p90", "p99", "max"] as const).map((p) => ({
          name: p === "max" ? "most" : p,
          num: true,
          cell: ([, , l]: (typeof rows)[number]) => (l.count ? duration(l[`${p}Ms`]) : <None />),
        })),
      ]}
    />
  );
}

function Failures({ dead, now }: { dead: DeadGroup[]; now: number }) {
  if (dead.length === 0) return <p class="faint pad">No job is failed.</p>;
  return (
    <PlainTable
      rows={dead.slice(0, 6)}
      keyOf={groupKey}
      columns={[{ name: "type", cell: (g) => <a href={href(["jobs"], { status: "failed", type: g.type })}>{g.type}</a> }, ...groupColumns(now)]}
    />
  );
}

function Busy({ queues, now }: { queues: Queue[]; now: number }) {
  const busy = [...queues].sort((a, b) => b.ready + b.running - a.ready - a.running).slice(0, 6);
  if (busy.length === 0) return <p class="faint pad">No queue has live jobs or limits.</p>;
  return (
    <PlainTable
      rows={busy}
      keyOf={(q) => q.name}
      columns={[
        {
          name: "queue",
          cell: (q) => (
            <>
              <a href={href(["jobs"], { queue: q.name })}>{q.name}</a>
              {q.held && <span class="flag">{q.held}</span>}
            </>
          ),
        },
        { name: "ready", num: true, cell: (q) => number(q.ready) },
        { name: "running", num: true, cell: (q) => number(q.running) },
        { name: "oldest", num: true, class: "faint", cell: (q) => (q.oldestReady ? tookFrom(q.oldestReady, undefined, now) : "–") },
      ]}
    />
  );
}
