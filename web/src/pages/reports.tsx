import { get, query as asQuery } from "../api";
import { bytes, duration, number, percent } from "../format";
import { useLive, useNow } from "../live";
import { DayBars } from "../parts/day_bars";
import { Table } from "../parts/table";
import { Empty, Failure, Listed, Loading, None, Page, Panel } from "../parts/ui";
import { cores, daysOf, type JobReport, type Kind, kinds, rangeOf, ranges, type ReportRow, type ReservationReport, type TypeReservation } from "../reports";
import { href, replace } from "../route";

const everyMs = 10000;
const usualDays = 30;
const rowsMax = 200;

interface Told {
  days: JobReport;
  names: JobReport;
  reservations: ReservationReport;
}

export function Reports({ query }: { query: URLSearchParams }) {
  const asked = Number(query.get("days"));
  const days = ranges.find((r) => r === asked) ?? usualDays;
  const by = kinds.find((k) => k === query.get("by")) ?? "type";
  return (
    <Page title="Reports" note="what jobs did and used, by day in UTC">
      <Report days={days} by={by} />
    </Page>
  );
}

function Report({ days, by }: { days: number; by: Kind }) {
  const now = useNow();
  const range = rangeOf(days, now);
  const told = useLive(
    `reports ${range.from} ${range.to} ${by}`,
    async (): Promise<Told> => {
      const [ofDays, names, reservations] = await Promise.all([
        get<JobReport>(`api/reports/jobs${asQuery({ by: "day", ...range })}`),
        get<JobReport>(`api/reports/jobs${asQuery({ by, limit: rowsMax, ...range })}`),
        get<ReservationReport>(`api/reports/reservations${asQuery({ limit: rowsMax, ...range })}`),
      ]);
      return { days: ofDays, names, reservations };
    },
    everyMs,
  );
  const show = (change: { days?: number; by?: Kind }) => replace(href(["reports"], { days: String(change.days ?? days), by: change.by ?? by }));
  const csv = `api/reports/jobs${asQuery({ by, format: "csv", ...range })}`;
  return (
    <>
      <div class="chips" role="group" aria-label="days">
        {ranges.map((r) => (
          <button key={r} class="chip" aria-pressed={r === days} onClick={() => show({ days: r })}>
            {r === 365 ? "a year" : `${r} days`}
          </button>
        ))}
      </div>
      <Failure error={told.error} onRetry={told.again} />
      {!told.data && !told.error && <Loading />}
      {told.data && !told.data.days.enabled && <Empty title="Nothing is counted: reports.enabled is false." />}
      {told.data && (
        <Panel title="Jobs that ended" aside={<Sum of={told.data.days} />}>
          <DayBars days={daysOf(told.data.days)} />
        </Panel>
      )}
      <div class="chips" role="group" aria-label="lines">
        {kinds.map((k) => (
          <button key={k} class="chip" aria-pressed={k === by} onClick={() => show({ by: k })}>
            by {k}
          </button>
        ))}
        <a class="button ghost" href={csv} download={`callboard-${by}-${range.from}-${range.to}.csv`}>
          CSV
        </a>
      </div>
      {told.data && (by === "code" ? <Codes of={told.data.names} /> : <Names of={told.data.names} by={by} />)}
      {told.data && told.data.names.leftOut > 0 && <p class="faint">{number(told.data.names.leftOut)} more are left out; the CSV file has up to a thousand.</p>}
      {told.data && by === "type" && told.data.reservations.types.length > 0 && <Reservations of={told.data.reservations} />}
    </>
  );
}

function Sum({ of: report }: { of: JobReport }) {
  const t = report.total;
  if (!t || t.successShare === null) return <None text="none" />;
  return (
    <>
      {number(t.completed)} completed, {number(t.failed)} failed · {percent(t.successShare)}
    </>
  );
}

const seconds = (s: number) => duration(s * 1000);
const time = (t: ReportRow["waitSeconds"], name: "p50" | "p95") => (t.count > 0 ? seconds(t[name]) : <None />);

function Names({ of: report, by }: { of: JobReport; by: Exclude<Kind, "code"> }) {
  if (report.rows.length === 0) return <Empty title={`No job with a ${by} is in these days.`} />;
  const link = (name: string) => (by === "tenant" || name === "(other)" ? name : <a href={href(["jobs"], { [by]: name })}>{name}</a>);
  return (
    <Table
      rows={report.rows}
      keyOf={(r) => r.name}
      columns={[
        { name: by, heads: true, cell: (r) => link(r.name) },
        { name: "completed", num: true, cell: (r) => number(r.completed) },
        { name: "failed", num: true, cell: (r) => <span class={r.failed > 0 ? "why" : ""}>{number(r.failed)}</span> },
        { name: "success", num: true, cell: (r) => (r.successShare === null ? <None /> : percent(r.successShare)) },
        { name: "wait, median", num: true, cell: (r) => time(r.waitSeconds, "p50") },
        { name: "wait, p95", num: true, cell: (r) => time(r.waitSeconds, "p95") },
        { name: "run, median", num: true, cell: (r) => time(r.runSeconds, "p50") },
        { name: "run, p95", num: true, cell: (r) => time(r.runSeconds, "p95") },
        { name: "CPU", num: true, cell: (r) => seconds(r.usage.cpuSeconds) },
        { name: "cost", num: true, cell: (r) => r.usage.cost.toFixed(2) },
      ]}
    />
  );
}

function Codes({ of: report }: { of: JobReport }) {
  if (report.codes.length === 0) return <Empty title="Nothing failed in these days." />;
  return (
    <Table
      rows={report.codes}
      keyOf={(c) => c.code}
      columns={[
        { name: "code", heads: true, cell: (c) => c.code },
        { name: "failures", num: true, cell: (c) => number(c.count) },
      ]}
    />
  );
}

/** A line for each type that reserves something, or should. */
function Reservations({ of: report }: { of: ReservationReport }) {
  const parts = report.types.flatMap((t) => [
    { type: t, name: "CPU", of: t.cpuMilli, text: (n: number) => `${cores(n)} cores` },
    { type: t, name: "memory", of: t.memoryBytes, text: bytes },
  ]);
  const amount = (n: number, p: (typeof parts)[number]) => (n > 0 ? p.text(n) : <None />);
  const key = (t: TypeReservation) => t.type;
  return (
    <Listed title="What types reserve and use" note={`suggested: what 95 of 100 attempts needed, and ${report.marginPercent} % more`}>
      <Table
        rows={parts.filter((p) => p.of.askedMax > 0 || p.of.suggested !== null)}
        keyOf={(p) => `${key(p.type)} ${p.name}`}
        columns={[
          { name: "type", heads: true, cell: (p) => p.type.type },
          { name: "of", cell: (p) => p.name },
          { name: "asked for", num: true, cell: (p) => amount(p.of.askedMax, p) },
          { name: "used, p95", num: true, cell: (p) => amount(p.of.usedP95, p) },
          { name: "used, most", num: true, cell: (p) => amount(p.of.usedMax, p) },
          { name: "suggested", num: true, cell: (p) => (p.of.suggested === null ? <None /> : p.text(p.of.suggested)) },
          { name: "why", class: "reason", cell: (p) => p.of.reason },
        ]}
      />
    </Listed>
  );
}
