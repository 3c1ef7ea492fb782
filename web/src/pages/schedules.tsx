import { ask, encoded, get, post } from "../api";
import { duration, fullTime, number } from "../format";
import { useLive, useNow } from "../live";
import { Action, Pause } from "../parts/action";
import { Table } from "../parts/table";
import { Ago, Dialog, Empty, Failure, JobLink, Json, Loading, None, Page } from "../parts/ui";
import { go, href } from "../route";
import type { Schedule } from "../types";

export const whenText = (s: Schedule) => (s.cron ? `${s.cron} (${s.timeZone ?? "UTC"})` : s.every !== undefined ? `every ${duration(s.every * 1000)}` : `once at ${fullTime(s.at ?? "")}`);

export function Schedules({ open }: { open: string | undefined }) {
  const list = useLive("schedules", () => get<{ schedules: Schedule[]; next: string | null }>("api/schedules?limit=200"));
  const now = useNow();
  const schedules = list.data?.schedules ?? [];
  return (
    <Page
      title="Schedules"
      note="jobs that are submitted again and again"
      actions={
        <a class="button primary" href="#/submit/schedule">
          New schedule
        </a>
      }
    >
      <Failure error={list.error} onRetry={list.again} />
      {!list.data && !list.error && <Loading />}
      {list.data && schedules.length === 0 && (
        <Empty title="There are no schedules.">
          <a class="button primary" href="#/submit/schedule">
            New schedule
          </a>
          <p class="faint">On the command line:</p>
          <pre tabIndex={0}>callboard schedules add nightly --cron '30 2 * * *' --zone Europe/Berlin exec -- /usr/bin/true</pre>
        </Empty>
      )}
      {schedules.length > 0 && (
        <Table
          rows={schedules}
          keyOf={(s) => s.name}
          columns={[
            {
              name: "schedule",
              cell: (s) => (
                <>
                  <a href={href(["schedules", s.name])}>{s.name}</a>
                  {s.paused && <span class="flag">paused</span>}
                  {(s.trouble || s.fault) && <span class="field-error"> {s.trouble ?? s.fault}</span>}
                </>
              ),
            },
            { name: "when", class: "mono", cell: whenText },
            {
              name: "job",
              cell: (s) => (
                <>
                  {s.job.jobType} <span class="faint">in {s.job.queue}</span>
                </>
              ),
            },
            { name: "next", num: true, cell: (s) => <Ago at={s.next[0]} now={now} /> },
            {
              name: "last",
              num: true,
              cell: (s) =>
                s.lastJobID ? (
                  <a href={href(["jobs", s.lastJobID])}>
                    <Ago at={s.lastFire} now={now} />
                  </a>
                ) : (
                  <None />
                ),
            },
            { name: "fired", num: true, cell: (s) => number(s.fired) },
            { name: "missed, skipped", num: true, cell: (s) => `${number(s.missed)}, ${number(s.skipped)}` },
          ]}
          actions={(s) => (
            <>
              <Action small label="Run now" run={() => post(`api/schedules/${encoded(s.name)}/run`)} done={`${s.name}: its job is submitted`} after={list.again} />
              <Pause of={s} route="schedules" after={list.again} />
            </>
          )}
        />
      )}
      {list.data?.next && <p class="list-end faint">the first {schedules.length} by name</p>}
      {open && <One key={open} name={open} after={list.again} now={now} />}
    </Page>
  );
}

interface Whole extends Schedule {
  versions: Schedule[];
}

function One({ name, after, now }: { name: string; after: () => void; now: number }) {
  const close = () => go("#/schedules");
  const s = useLive<Whole>(`schedule ${name}`, async () => {
    const [one, past] = await Promise.all([get<Schedule>(`api/schedules/${encoded(name)}`), get<{ versions: Schedule[] }>(`api/schedules/${encoded(name)}/history`)]);
    return { ...one, versions: past.versions };
  });
  return (
    <Dialog title={name} onClose={close}>
      <Failure error={s.error} />
      {s.data && (
        <>
          <p class="mono">{whenText(s.data)}</p>
          <h3>Next</h3>
          {s.data.next.length === 0 && <p class="faint">{s.data.paused ? "It is paused." : "It fires no more."}</p>}
          <ol class="times">
            {s.data.next.map((t, i) => (
              <li key={t}>
                {s.data?.local?.[i]?.replace("T", " ") ?? fullTime(t)}{" "}
                <span class="faint">
                  <Ago at={t} now={now} />
                </span>
              </li>
            ))}
          </ol>
          {s.data.lastJobID && (
            <p>
              Its last job is <JobLink id={s.data.lastJobID} />; <a href={href(["jobs"], { tag: `schedule:${name}` })}>all of its jobs</a>
            </p>
          )}
          <h3>Versions</h3>
          <ol class="times">
            {s.data.versions.map((v) => (
              <li key={v.version}>
                {v.version} <span class="mono">{whenText(v)}</span> <span class="faint">since {fullTime(v.changedAt)}</span>
              </li>
            ))}
          </ol>
          <h3>Job</h3>
          <Json value={s.data.job} />
          <div class="dialog-actions">
            <Action label="Run now" run={() => post(`api/schedules/${encoded(name)}/run`)} done={`${name}: its job is submitted`} after={s.again} />
            <a class="button" href={href(["submit", "schedule", name])}>
              Change
            </a>
            <Action
              label="Delete"
              tone="danger"
              confirm={`${name} fires no more. Its jobs stay.`}
              run={() => ask("DELETE", `api/schedules/${encoded(name)}`)}
              done={`${name} is gone`}
              after={() => {
                after();
                close();
              }}
            />
          </div>
        </>
      )}
    </Dialog>
  );
}
