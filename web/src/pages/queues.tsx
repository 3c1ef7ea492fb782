import { useState } from "preact/hooks";
import { ApiError, ask, encoded, get } from "../api";
import { bytes, duration, number, tookFrom } from "../format";
import { useLive, useNow } from "../live";
import { Pause, say } from "../parts/action";
import { Table } from "../parts/table";
import { Ago, Dialog, Empty, Failure, Loading, None, Page } from "../parts/ui";
import { href } from "../route";
import type { Queue, Rate } from "../types";

interface Listed {
  queues: Queue[];
  next: string | null;
}

export const rateText = (r: Rate) => `${number(r.jobs)} per ${duration(r.per * 1000)}${r.burst && r.burst > 1 ? `, ${r.burst} at once` : ""}`;

export function Queues() {
  const list = useLive("queues", () => get<Listed>("api/queues?limit=500"));
  const now = useNow();
  const [editing, setEditing] = useState<Queue>();
  const queues = list.data?.queues ?? [];
  return (
    <Page title="Queues" note="those with live jobs, limits, or failures since the scheduler started">
      <Failure error={list.error} onRetry={list.again} />
      {!list.data && !list.error && <Loading />}
      {list.data && queues.length === 0 && (
        <Empty title="No queue has live jobs, limits or failures.">
          <p class="faint">A queue is a name that jobs have. It is here as soon as one of them waits or runs.</p>
          <a class="button primary" href="#/submit">
            Submit a job
          </a>
        </Empty>
      )}
      {queues.length > 0 && (
        <Table
          rows={queues}
          keyOf={(q) => q.name}
          columns={[
            {
              name: "queue",
              cell: (q) => (
                <>
                  <a href={href(["jobs"], { queue: q.name })}>{q.name}</a>
                  {q.held && <span class="flag">{q.held === "paused" ? "paused" : `at its ${q.held}`}</span>}
                </>
              ),
            },
            { name: "ready", num: true, cell: (q) => number(q.ready) },
            { name: "waiting", num: true, cell: (q) => number(q.waiting) },
            {
              name: "running",
              num: true,
              cell: (q) => (
                <>
                  {number(q.running)}
                  {q.concurrency !== null && <span class="faint"> / {q.concurrency}</span>}
                </>
              ),
            },
            { name: "retrying", num: true, cell: (q) => number(q.retrying) },
            { name: "failed", num: true, cell: (q) => <Failures of={q} /> },
            { name: "oldest", num: true, cell: (q) => (q.oldestReady ? tookFrom(q.oldestReady, undefined, now) : <None />) },
            { name: "last ended", num: true, cell: (q) => <Ago at={q.lastProcessed} now={now} /> },
            { name: "limits", class: "limits", cell: (q) => <Limits of={q} /> },
          ]}
          actions={(q) => (
            <>
              <button class="small" onClick={() => setEditing(q)}>
                Limits
              </button>
              <Pause of={q} route="queues" after={list.again} />
            </>
          )}
        />
      )}
      {list.data?.next && <p class="list-end faint">the first {queues.length} by name</p>}
      {editing && (
        <Edit
          queue={editing}
          onClose={() => {
            setEditing(undefined);
            list.again();
          }}
        />
      )}
    </Page>
  );
}

/** Since the scheduler started; the link shows those that are failed now. */
function Failures({ of: q }: { of: Queue }) {
  if (!q.failuresSinceStart) return <None text={q.failuresSinceStart === 0 ? "0" : undefined} />;
  return (
    <a class="failures" href={href(["jobs"], { queue: q.name, status: "failed" })} title="since the scheduler started">
      {number(q.failuresSinceStart)}
    </a>
  );
}

function Limits({ of: q }: { of: Queue }) {
  const parts: string[] = [];
  if (q.concurrency !== null) parts.push(`${q.concurrency} at once`);
  if (q.rate) parts.push(rateText(q.rate));
  if (q.weight !== 1) parts.push(`weight ${q.weight}`);
  if (q.waitingMax !== null) parts.push(`full at ${number(q.waitingMax)}`);
  if (q.waitingBytesMax !== null) parts.push(`full at ${bytes(q.waitingBytesMax)}`);
  return parts.length ? <>{parts.join(" · ")}</> : <None text="none" />;
}

/** A PUT is the whole rule: what this form does not show goes along as it was read. */
function Edit({ queue, onClose }: { queue: Queue; onClose: () => void }) {
  const [texts, setTexts] = useState({
    concurrency: queue.concurrency?.toString() ?? "",
    "rate.jobs": queue.rate?.jobs.toString() ?? "",
    "rate.per": queue.rate?.per.toString() ?? "",
    "rate.burst": queue.rate?.burst?.toString() ?? "",
    weight: queue.weight.toString(),
    waitingMax: queue.waitingMax?.toString() ?? "",
  });
  const [error, setError] = useState<ApiError>();
  const names: Record<keyof typeof texts, string> = {
    concurrency: "At once",
    "rate.jobs": "Rate: jobs",
    "rate.per": "Rate: per so many seconds",
    "rate.burst": "Rate: at once after a rest",
    weight: "Weight",
    waitingMax: "Full at so many waiting",
  };
  const save = async () => {
    const n = (text: string) => (text === "" ? null : Number(text));
    const now = await get<Record<string, unknown>>(`api/queues/${encoded(queue.name)}`);
    const rule: Record<string, unknown> = { concurrency: n(texts.concurrency), weight: n(texts.weight) ?? 1, waitingMax: n(texts.waitingMax) };
    const kept = ["paused", "perKey", "preemption", "waitingBytesMax"];
    // What a full queue does is refused for one that is never full.
    if (rule.waitingMax !== null || now.waitingBytesMax !== null) kept.push("whenFull", "fullAcceptsFrom");
    for (const name of kept) if (now[name] !== undefined) rule[name] = now[name];
    rule.rate = texts["rate.jobs"] || texts["rate.per"] ? { jobs: n(texts["rate.jobs"]), per: n(texts["rate.per"]), burst: n(texts["rate.burst"]) ?? 1 } : null;
    await ask("PUT", `api/queues/${encoded(queue.name)}`, rule);
  };
  return (
    <Dialog title={`Limits of ${queue.name}`} onClose={onClose}>
      <form
        noValidate
        onSubmit={(e) => {
          e.preventDefault();
          save().then(
            () => {
              say(`${queue.name} has new limits`);
              onClose();
            },
            (why: unknown) => setError(why instanceof ApiError ? why : new ApiError(0, "page", String(why), "")),
          );
        }}
      >
        <div class="fields two">
          {(Object.keys(texts) as (keyof typeof texts)[]).map((name) => (
            <label key={name} class="field">
              <span>{names[name]}</span>
              <input
                type="number"
                step="any"
                value={texts[name]}
                placeholder={name === "weight" ? "1" : "no limit"}
                aria-invalid={error?.field === name}
                onInput={(e) => setTexts({ ...texts, [name]: e.currentTarget.value })}
              />
            </label>
          ))}
        </div>
        <Failure error={error} />
        <div class="dialog-actions">
          <button type="button" onClick={onClose}>
            Leave it
          </button>
          <button class="primary">Save</button>
        </div>
      </form>
    </Dialog>
  );
}
