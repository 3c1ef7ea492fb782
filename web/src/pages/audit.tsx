import { useEffect, useState } from "preact/hooks";
import { get, query as asQuery } from "../api";
import { changes } from "../diff";
import { fullTime } from "../format";
import { useLive, useNow } from "../live";
import { Ago, Dialog, Empty, Facts, Failure, Json, Loading, Page } from "../parts/ui";
import { href, replace } from "../route";
import type { AuditPage, AuditRecord } from "../types";

const names = ["act", "target", "actor", "from", "to"] as const;
type Filter = Partial<Record<(typeof names)[number], string>>;
const hints: Record<(typeof names)[number], string> = {
  act: "queue.set, or queue",
  target: "a name or an id",
  actor: "a name or an address",
  from: "2026-01-15T10:30:00Z",
  to: "2026-01-15T18:00:00Z",
};

function OutcomeMark({ of: r }: { of: AuditRecord }) {
  const { status = 0, code } = r.outcome ?? {};
  const tone = status >= 200 && status < 300 ? "completed" : status === 0 || status >= 500 ? "failed" : "cancelled";
  return (
    <span class={`status s-${tone}`}>
      <i aria-hidden="true" />
      {code ?? status}
    </span>
  );
}

export function Audit({ query }: { query: URLSearchParams }) {
  const filter: Filter = {};
  for (const name of names) {
    const value = query.get(name);
    if (value) filter[name] = value;
  }
  /** Of an older page: only records before this place. */
  const cursor = query.get("cursor") ?? undefined;
  const key = asQuery({ ...filter, limit: 50, cursor });
  const list = useLive(`audit ${key}`, () => get<AuditPage>(`api/audit${key}`));
  const now = useNow();
  const [open, setOpen] = useState<AuditRecord>();
  const [draft, setDraft] = useState<Filter>(filter);
  useEffect(() => setDraft(filter), [asQuery(filter)]);
  const records = list.data?.records ?? [];
  return (
    <Page title="Audit log" note={cursor ? <a href={href(["audit"], filter)}>the newest</a> : "what people did to this scheduler, newest first"}>
      <form
        class="fields five"
        role="search"
        onSubmit={(e) => {
          e.preventDefault();
          replace(href(["audit"], draft));
        }}
      >
        {names.map((name) => (
          <label key={name} class="field">
            <span>{name}</span>
            <input value={draft[name] ?? ""} placeholder={hints[name]} onInput={(e) => setDraft({ ...draft, [name]: e.currentTarget.value.trim() })} />
          </label>
        ))}
        <button type="submit">Find</button>
      </form>
      <Failure error={list.error} onRetry={list.again} />
      {!list.data && !list.error && <Loading />}
      {(list.data?.damaged ?? 0) > 0 && (
        <p class="field-error" role="alert">
          {list.data?.damaged} lines here cannot be read: somebody changed the log. `callboard audit verify` says where.
        </p>
      )}
      {list.data && records.length === 0 && <Empty title={list.data.next ? "None of the records that were looked at matches." : "No record matches."} />}
      {records.length > 0 && (
        <div class="table-box">
          <table>
            <thead>
              <tr>
                <th scope="col">act</th>
                <th scope="col">target</th>
                <th scope="col">who says so</th>
                <th scope="col">from</th>
                <th scope="col">outcome</th>
                <th scope="col" class="num">
                  when
                </th>
              </tr>
            </thead>
            <tbody>
              {records.map((r) => (
                <tr key={r.sequence}>
                  <td data-name="act">
                    <button class="link mono" onClick={() => setOpen(r)}>
                      {r.act}
                    </button>
                  </td>
                  <td data-name="target">{r.target}</td>
                  <td data-name="who says so">{r.actor.claimedBy ?? <span class="faint">–</span>}</td>
                  <td data-name="from" class="mono">
                    {r.actor.address}
                  </td>
                  <td data-name="outcome">
                    <OutcomeMark of={r} />
                  </td>
                  <td data-name="when" class="num">
                    <Ago at={r.at} now={now} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {list.data?.next && (
        <p class="list-end">
          <a class="button" href={href(["audit"], { ...filter, cursor: list.data.next })}>
            Older
          </a>
        </p>
      )}
      {open && <One of={open} onClose={() => setOpen(undefined)} />}
    </Page>
  );
}

const short = (v: unknown) => (v === undefined ? "–" : JSON.stringify(v));

function One({ of: r, onClose }: { of: AuditRecord; onClose: () => void }) {
  const differ = r.before !== undefined && r.after !== undefined ? changes(r.before, r.after) : undefined;
  return (
    <Dialog title={`${r.act} ${r.target}`} onClose={onClose}>
      <Facts
        of={[
          ["record", r.sequence],
          ["when", fullTime(r.at)],
          ["who says so", r.actor.claimedBy ?? "–"],
          ["from", r.actor.address],
          ["program", r.actor.userAgent ?? "–"],
          ["outcome", <OutcomeMark of={r} />],
        ]}
      />
      {differ && (
        <>
          <h3>What changed</h3>
          {differ.length === 0 && <p class="faint">Nothing.</p>}
          {differ.length > 0 && (
            <table class="plain diff">
              <thead>
                <tr>
                  <th scope="col">member</th>
                  <th scope="col">before</th>
                  <th scope="col">after</th>
                </tr>
              </thead>
              <tbody>
                {differ.map((c) => (
                  <tr key={c.path}>
                    <td class="mono">{c.path}</td>
                    <td class="mono">{short(c.before)}</td>
                    <td class="mono">{short(c.after)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </>
      )}
      {r.request !== undefined && (
        <>
          <h3>Asked for</h3>
          <Json value={r.request} />
        </>
      )}
      {differ === undefined && r.before !== undefined && (
        <>
          <h3>Before</h3>
          <Json value={r.before} />
        </>
      )}
      {differ === undefined && r.after !== undefined && (
        <>
          <h3>Answer</h3>
          <Json value={r.after} />
        </>
      )}
      <p class="faint mono hash">{r.hash}</p>
    </Dialog>
  );
}
