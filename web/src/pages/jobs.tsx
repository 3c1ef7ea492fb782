import { useEffect, useRef, useState } from "preact/hooks";
import { get, query as asQuery } from "../api";
import { duration, number, plural } from "../format";
import { asBody, type Filter, type FilterName, fromQuery, names, read, statusesOf, toggled } from "../filter";
import { useKeys } from "../keys";
import { useLive, useNow } from "../live";
import { sayError } from "../parts/action";
import { countByStatus, type Counts, isIndexed } from "../counts";
import { BulkBar } from "../parts/bulk";
import { type Column, Table } from "../parts/table";
import { Ago, Empty, Failure, JobLink, Loading, Meter, Page, StatusMark } from "../parts/ui";
import { go, href, replace } from "../route";
import { type Job, type JobMetrics, type JobPage, statuses } from "../types";

const pageSize = 50;
const most = 200; // rows that are refreshed together; older ones are on pages of their own

export function Jobs({ query }: { query: URLSearchParams }) {
  const filter = fromQuery(query);
  const [size, setSize] = useState(pageSize);
  const key = asQuery(filter);
  /** Of an older page: only jobs before this one. */
  const cursor = query.get("cursor") ?? undefined;
  useEffect(() => setSize(pageSize), [key, cursor]);
  const list = useLive(`${key} ${cursor} ${size}`, () => get<JobPage>(`api/jobs${asQuery({ ...filter, limit: size, cursor })}`));
  const pageKey = `${key} ${cursor}`;
  const kept = useRef<{ key: string; data: JobPage }>();
  if (list.data) kept.current = { key: pageKey, data: list.data };
  // While more of the same list is fetched, what is there stays.
  const page = list.data ?? (kept.current?.key === pageKey ? kept.current.data : undefined);
  const counts = useLive("counts", () => get<JobMetrics>("api/metrics/jobs"));
  const now = useNow();
  const [at, setAt] = useState(0);
  const rows = page?.jobs ?? [];
  const move = (by: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, at + by));
    setAt(next);
    document.getElementById(rows[next]?.id ?? "")?.scrollIntoView({ block: "nearest" });
  };
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    Enter: () => {
      const job = rows[at];
      if (job) go(href(["jobs", job.id]));
    },
  });
  const set = (f: Filter) => replace(href(["jobs"], f));
  const onlyStatus = Object.keys(filter).every((n) => n === "status");
  const [counted, setCounted] = useState<{ key: string; of: Counts; busy: boolean }>({ key: "", of: {}, busy: false });
  const { status: _, ...besides } = filter;
  const countKey = asQuery(besides);
  /** Reads up to 10,000 jobs that match, so it is not done with each refresh. */
  const countThem = async () => {
    setCounted({ key: countKey, of: {}, busy: true });
    const same = (change: (of: Counts) => Counts, busy: boolean) => setCounted((c) => (c.key === countKey ? { ...c, of: change(c.of), busy } : c));
    try {
      await countByStatus(besides, (some) => same((of) => ({ ...of, ...some }), true));
    } catch (e) {
      sayError(e);
    }
    same((of) => of, false);
  };
  useEffect(() => {
    setCounted({ key: countKey, of: {}, busy: false });
    if (isIndexed(besides)) void countThem();
  }, [countKey]);
  const more = page?.next !== null && page !== undefined && rows.length > 0;

  return (
    <Page
      title="Jobs"
      note={
        cursor ? (
          <>
            before <span class="mono">{cursor}</span> · <a href={href(["jobs"], filter)}>the newest</a>
          </>
        ) : (
          "newest first"
        )
      }
    >
      <SearchLine filter={filter} set={set} />
      <div class="chips" role="group" aria-label="statuses">
        {statuses.map((s) => (
          <button key={s} class="chip" aria-pressed={statusesOf(filter).includes(s)} onClick={() => set(toggled(filter, s))}>
            <i class={`dot s-${s}`} aria-hidden="true" />
            {s}
            <Count of={onlyStatus ? counts.data?.byStatus[s] : counted.of[s]?.n} more={!onlyStatus && counted.of[s]?.more} />
          </button>
        ))}
        <button
          class="chip"
          aria-pressed={filter.held === "true"}
          onClick={() => {
            const { held, ...rest } = filter;
            set(held === "true" ? rest : { ...rest, held: "true" });
          }}
        >
          held
        </button>
        {!onlyStatus && (
          <button class="ghost" disabled={counted.busy} onClick={() => void countThem()}>
            {counted.of.queued ? "count again" : "count by status"}
          </button>
        )}
      </div>
      <BulkBar key={key} filter={filter} body={asBody} after={list.again} />
      <Failure error={list.error} onRetry={list.again} />
      {!page && !list.error && <Loading rows={10} />}
      {page && rows.length === 0 && (
        <Empty title={key ? "No job is like that." : "There are no jobs yet."}>
          {key ? (
            <a class="button" href="#/jobs">
              Show all jobs
            </a>
          ) : (
            <a class="button primary" href="#/submit">
              Submit a job
            </a>
          )}
        </Empty>
      )}
      {rows.length > 0 && (
        <Table
          class="jobs"
          rows={rows}
          keyOf={(j) => j.id}
          columns={columns(now)}
          attributes={(j, i) => ({
            id: j.id,
            class: i === at ? "chosen" : "",
            onClick: (e) => {
              if (!(e.target as HTMLElement).closest("a") && !getSelection()?.toString()) go(href(["jobs", j.id]));
            },
          })}
        />
      )}
      {rows.length > 0 && (
        <p class="list-end">
          {more && !cursor ? `the latest ${plural(rows.length, "job")}` : plural(rows.length, "job")}
          {more && rows.length < most && (
            <button disabled={!list.data} onClick={() => setSize(Math.min(most, size + pageSize))}>
              Load more
            </button>
          )}
          {more && page.next && (
            <a class="button" href={href(["jobs"], { ...filter, cursor: page.next })}>
              Older
            </a>
          )}
        </p>
      )}
    </Page>
  );
}

const Count = ({ of, more }: { of: number | undefined; more: boolean | undefined }) =>
  of === undefined ? null : (
    <span class="num faint" title={more ? "at least" : undefined}>
      {number(of)}
      {more && "+"}
    </span>
  );

function ranFor(j: Job, now: number): string {
  if (j.status === "running" && j.startedAt) return duration(Math.max(0, now - Date.parse(j.startedAt)));
  return j.usage ? duration(j.usage.runSeconds * 1000) : "–";
}

const columns = (now: number): Column<Job>[] => [
  {
    name: "status",
    cell: (j) => (
      <>
        <StatusMark status={j.status} held={j.held} />
        {j.status === "running" && j.progress && <Meter value={j.progress.percent} max={100} />}
      </>
    ),
  },
  {
    name: "job",
    cell: (j) => (
      <>
        <JobLink id={j.id} />
        {j.error && j.status !== "completed" && <span class="why mono">{j.error.code}</span>}
      </>
    ),
  },
  {
    name: "type",
    cell: (j) => (
      <>
        {j.type}
        {j.tags.map((t) => (
          <a key={t} class="tag" href={href(["jobs"], { tag: t })}>
            {t}
          </a>
        ))}
      </>
    ),
  },
  { name: "queue", cell: (j) => j.queue },
  { name: "prio", num: true, cell: (j) => j.priority },
  {
    name: "attempt",
    num: true,
    cell: (j) => (
      <>
        {j.attempt}
        <span class="faint"> / {j.maxRetries + 1}</span>
      </>
    ),
  },
  { name: "ran", num: true, cell: (j) => ranFor(j, now) },
  { name: "created", num: true, cell: (j) => <Ago at={j.createdAt} now={now} /> },
];

function SearchLine({ filter, set }: { filter: Filter; set: (f: Filter) => void }) {
  const [text, setText] = useState("");
  const [problem, setProblem] = useState("");
  const chips = names.filter((n): n is FilterName => n !== "status" && n !== "held" && filter[n] !== undefined);
  return (
    <form
      class="search"
      role="search"
      onSubmit={(e) => {
        e.preventDefault();
        const words = read(text, filter);
        if ("problem" in words) return setProblem(words.problem);
        setProblem("");
        setText("");
        if ("job" in words) go(href(["jobs", words.job]));
        else set(words.filter);
      }}
    >
      <div class="search-line">
        {chips.map((n) => (
          <span key={n} class="chip on">
            {n}:{filter[n]}
            <button
              type="button"
              aria-label={`remove ${n}`}
              onClick={() => {
                const { [n]: _, ...rest } = filter;
                set(rest);
              }}
            >
              ✕
            </button>
          </span>
        ))}
        <input
          id="search"
          value={text}
          onInput={(e) => setText(e.currentTarget.value)}
          placeholder={chips.length ? "and …" : "type:exec  queue:mail  tag:eu  or the id of a job"}
          aria-label="search jobs"
          aria-describedby="search-problem"
          autocomplete="off"
          spellcheck={false}
        />
        <kbd aria-hidden="true">/</kbd>
      </div>
      <p id="search-problem" class="field-error" role="alert">
        {problem}
      </p>
    </form>
  );
}
