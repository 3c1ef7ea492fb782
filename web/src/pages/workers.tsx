import { useState } from "preact/hooks";
import { ApiError, encoded, get, post } from "../api";
import { bytes, number, plural } from "../format";
import { useLive, useNow } from "../live";
import { Action, say } from "../parts/action";
import { Slots } from "../parts/slots";
import { Ago, Dialog, Empty, Failure, JobLink, Loading, Meter, Page } from "../parts/ui";
import type { Worker, WorkerMetrics, WorkerStatusPage } from "../types";

export function Workers() {
  const all = useLive("workers", () => get<WorkerMetrics>("api/metrics/workers"));
  const now = useNow();
  const [scaling, setScaling] = useState(false);
  const m = all.data;
  return (
    <Page
      title="Workers"
      note={m && `${m.currentJobs} of ${plural(m.capacity, "slot")} busy · ${m.scaling.actual} of ${m.scaling.desired} local ones wanted (${m.scaling.reason})`}
      actions={m && <button onClick={() => setScaling(true)}>Scale</button>}
    >
      <Failure error={all.error} onRetry={all.again} />
      {!m && !all.error && <Loading />}
      {m && m.workers.length === 0 && (
        <Empty title="No worker has joined.">
          <p class="faint">Jobs wait until one does. “Scale” starts local ones; `callboard worker --join` joins from another machine.</p>
        </Empty>
      )}
      <div class="cards">
        {m?.workers.map((w) => (
          <Card key={w.id} worker={w} now={now} after={all.again} />
        ))}
      </div>
      {scaling && m && (
        <Scale
          desired={m.scaling.desired}
          onClose={() => {
            setScaling(false);
            all.again();
          }}
        />
      )}
    </Page>
  );
}

/** The colours of workers are those of the statuses of jobs. */
function toneOf(w: Worker): string {
  if (w.suspect || w.draining) return "s-retrying";
  switch (w.status) {
    case "working":
      return "s-running";
    case "idle":
      return "s-completed";
    case "failed":
      return "s-failed";
  }
  return "s-queued";
}

function Card({ worker: w, now, after }: { worker: Worker; now: number; after: () => void }) {
  const offered = w.resources.offered;
  const taken = w.resources.taken;
  return (
    <section class="panel card" aria-label={w.id}>
      <header>
        <h2 class="mono">{w.id}</h2>
        <span class={`status ${toneOf(w)}`}>
          <i aria-hidden="true" />
          {w.suspect ? "suspect" : w.draining ? "draining" : w.status}
        </span>
      </header>
      <div class="card-body">
        <p class="faint">
          {w.local ? "local" : w.host} · pid {w.pid} · {plural(w.types.length, "job type")}
          {w.breaker.state !== "closed" && ` · breaker ${w.breaker.state}`}
        </p>
        <div class="card-slots">
          <Slots worker={w} />
          <span class="num">
            {w.currentJobs} / {w.capacity}
            {w.prefetched > 0 && <span class="faint"> +{w.prefetched} sent ahead</span>}
          </span>
        </div>
        <dl class="rates">
          {Object.keys(offered)
            .filter((r) => r !== "slots" && (offered[r] ?? 0) > 0)
            .map((r) => (
              <div key={r}>
                <dt>{r}</dt>
                <dd>
                  <Meter value={taken[r] ?? 0} max={offered[r] ?? 1} />
                  <span class="num">
                    {r === "memory" ? `${bytes(taken[r] ?? 0)} / ${bytes(offered[r] ?? 0)}` : `${taken[r] ?? 0} / ${offered[r]}`}
                  </span>
                </dd>
              </div>
            ))}
          <div>
            <dt>load</dt>
            <dd>
              <Meter value={w.loadPercent} max={Math.max(100, w.loadPercent)} tone={w.loadPercent > 100 ? "m-retrying" : ""} />
              <span class="num">{w.loadPercent} %</span>
            </dd>
          </div>
        </dl>
        <p class="num-line">
          {number(w.completed)} completed · {number(w.failed)} failed · {number(w.lost)} lost · {plural(w.restarts, "restart")}
        </p>
        <p class="faint">
          heard <Ago at={w.lastHeartbeat} now={now} />
        </p>
        <Running id={w.id} busy={w.currentJobs > 0} />
        <div class="card-foot">
          <Action
            small
            label="Drain"
            tone="danger"
            disabled={w.draining}
            confirm={`${w.id} gets no new jobs. What runs may end within scheduler.shutdown_grace, then it leaves. A local worker is started again while as many are wanted.`}
            run={() => post(`api/workers/${encoded(w.id)}/drain`)}
            done={`${w.id} is drained`}
            after={after}
          />
        </div>
      </div>
    </section>
  );
}

const runningShown = 8;

function Running({ id, busy }: { id: string; busy: boolean }) {
  const [open, setOpen] = useState(false);
  return (
    <details open={open} onToggle={(e) => setOpen(e.currentTarget.open)}>
      <summary>{busy ? "Jobs that it runs" : "No job runs"}</summary>
      {open && <RunningList id={id} />}
    </details>
  );
}

function RunningList({ id }: { id: string }) {
  const w = useLive(`worker ${id}`, () => get<WorkerStatusPage>(`api/workers/${encoded(id)}/status`));
  const jobs = w.data?.running ?? [];
  return (
    <div class="ids">
      <Failure error={w.error} />
      {jobs.slice(0, runningShown).map((j) => (
        <JobLink key={j} id={j} />
      ))}
      {jobs.length > runningShown && <span class="faint">and {jobs.length - runningShown} more</span>}
    </div>
  );
}

function Scale({ desired, onClose }: { desired: number; onClose: () => void }) {
  const [workers, setWorkers] = useState(String(desired));
  const [error, setError] = useState<ApiError>();
  return (
    <Dialog title="Local workers" onClose={onClose}>
      <form
        noValidate
        onSubmit={(e) => {
          e.preventDefault();
          post<{ workers: number }>("api/workers/scale", { workers: workers === "" ? null : Number(workers) }).then(
            (a) => {
              say(`${plural(a.workers, "local worker")} wanted`);
              onClose();
            },
            (why: unknown) => setError(why instanceof ApiError ? why : new ApiError(0, "page", String(why), "")),
          );
        }}
      >
        <label class="field">
          <span>How many there shall be</span>
          <input type="number" min={0} value={workers} aria-invalid={error !== undefined} onInput={(e) => setWorkers(e.currentTarget.value)} />
          <small>A fixed number; it ends automatic scaling. Fewer: some are drained.</small>
        </label>
        <Failure error={error} />
        <div class="dialog-actions">
          <button type="button" onClick={onClose}>
            Leave it
          </button>
          <button class="primary">Scale</button>
        </div>
      </form>
    </Dialog>
  );
}
