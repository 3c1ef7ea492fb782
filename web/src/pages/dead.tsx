import { useState } from "preact/hooks";
import { get, query } from "../api";
import { asBody, type Filter } from "../filter";
import { number, plural } from "../format";
import { useLive, useNow } from "../live";
import { BulkBar } from "../parts/bulk";
import { Ago, Empty, Failure, JobLink, Loading, Page, Panel } from "../parts/ui";
import { href } from "../route";
import type { DeadGroup, JobPage } from "../types";

interface Summary {
  groups: DeadGroup[];
  lookedAt: number;
  next: string | null;
}

const shown = 50;

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
            <table class="plain">
              <thead>
                <tr>
                  <th scope="col">type</th>
                  <th scope="col">error</th>
                  <th scope="col" class="num">
                    jobs
                  </th>
                  <th scope="col" class="num">
                    latest
                  </th>
                </tr>
              </thead>
              <tbody>
                {groups
                  .filter((g) => !type || g.type === type)
                  .map((g) => (
                    <tr key={`${g.type} ${g.code}`}>
                      <td>{g.type}</td>
                      <td class="mono">{g.code || "–"}</td>
                      <td class="num">{number(g.count)}</td>
                      <td class="num faint">
                        <Ago at={g.latest} now={now} />
                      </td>
                    </tr>
                  ))}
              </tbody>
            </table>
          </Panel>
          <div class="table-box">
            <table>
              <thead>
                <tr>
                  <th scope="col">job</th>
                  <th scope="col">type</th>
                  <th scope="col">queue</th>
                  <th scope="col">error</th>
                  <th scope="col" class="num">
                    failed
                  </th>
                </tr>
              </thead>
              <tbody>
                {list.data?.jobs.map((j) => (
                  <tr key={j.id}>
                    <td data-name="job">
                      <JobLink id={j.id} />
                    </td>
                    <td data-name="type">{j.type}</td>
                    <td data-name="queue">{j.queue}</td>
                    <td data-name="error">
                      <span class="why mono">{j.error?.code}</span> {j.error?.message}
                    </td>
                    <td data-name="failed" class="num">
                      <Ago at={j.completedAt} now={now} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
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
