import { useState } from "preact/hooks";
import { get, query } from "../api";
import { asBody, type Filter } from "../filter";
import { number, plural } from "../format";
import { useLive, useNow } from "../live";
import { BulkBar } from "../parts/bulk";
import { type Column, PlainTable, Table } from "../parts/table";
import { Ago, Empty, Failure, JobLink, Loading, Page, Panel } from "../parts/ui";
import { href } from "../route";
import type { DeadGroup, JobPage } from "../types";

interface Summary {
  groups: DeadGroup[];
  lookedAt: number;
  next: string | null;
}

const shown = 50;

export const groupKey = (g: DeadGroup) => `${g.type} ${g.code}`;
export const groupColumns = (now: number): Column<DeadGroup>[] => [
  { name: "error", class: "mono", cell: (g) => g.code || "–" },
  { name: "jobs", num: true, cell: (g) => number(g.count) },
  { name: "latest", num: true, class: "faint", cell: (g) => <Ago at={g.latest} now={now} /> },
];

export function Dead() {
  const summary = useLive("dead", () => get<Summary>("api/dead?summary=true"));
  const [type, setType] = useState("");
  const list = useLive(`dead ${type}`, () => get<JobPage>(`api/dead${query({ type, limit: shown })}`));
  const now = useNow();
  const groups = summary.data?.groups ?? [];
  const types = [...new Map(groups.map((g) => [g.type, groups.filter((o) => o.type === g.type).reduce((n, o) => n + o.count, 0)]))];
  const filter: Filter = { status: "failed", ...(type ? { type } : {}) };
  const again = () => {
    summary.again();
    list.again();
  };
  return (
    <Page title="Dead letters" note="jobs that failed and are not tried again by themselves">
      <Failure error={summary.error ?? list.error} onRetry={again} />
      {!summary.data && !summary.error && <Loading />}
      {summary.data && groups.length === 0 && <Empty title="No job is failed." />}
      {groups.length > 0 && (
        <div class="chips" role="group" aria-label="types">
          <button class="chip" aria-pressed={type === ""} onClick={() => setType("")}>
            all types
          </button>
          {types.map(([name, count]) => (
            <button key={name} class="chip" aria-pressed={type === name} onClick={() => setType(type === name ? "" : name)}>
              {name} <span class="num faint">{number(count)}</span>
            </button>
          ))}
        </div>
      )}
      {/* It stays when its last job has gone, with what it has to tell. */}
      {summary.data && <BulkBar key={type} filter={filter} body={asBody} after={again} only={["retry", "discard"]} quiet={groups.length === 0} />}
      {groups.length > 0 && (
        <>
          <Panel title="By type and error" aside={summary.data?.next ? `of the latest ${number(summary.data.lookedAt)}` : plural(summary.data?.lookedAt ?? 0, "job")}>
            <PlainTable
              rows={groups.filter((g) => !type || g.type === type)}
              keyOf={groupKey}
              columns={[{ name: "type", cell: (g) => g.type }, ...groupColumns(now)]}
            />
          </Panel>
          <Table
            rows={list.data?.jobs ?? []}
            keyOf={(j) => j.id}
            columns={[
              { name: "job", cell: (j) => <JobLink id={j.id} /> },
              { name: "type", cell: (j) => j.type },
              { name: "queue", cell: (j) => j.queue },
              {
                name: "error",
                cell: (j) => (
                  <>
                    <span class="why mono">{j.error?.code}</span> {j.error?.message}
                  </>
                ),
              },
              { name: "failed", num: true, cell: (j) => <Ago at={j.completedAt} now={now} /> },
            ]}
          />
          {list.data?.next && (
            <p class="list-end">
              the latest {shown} <a href={href(["jobs"], filter as Record<string, string>)}>all of them</a>
            </p>
          )}
        </>
      )}
    </Page>
  );
}
