import { useState } from "preact/hooks";
import { get } from "../api";
import { plural } from "../format";
import { useLive } from "../live";
import { type Column, Table } from "../parts/table";
import { Empty, Failure, Listed, Loading, None, Page } from "../parts/ui";
import { href, replace } from "../route";
import { matching, valueText } from "../settings";
import type { Setting } from "../types";

interface Told {
  settings: Setting[];
  sections: { name: string; sentence: string }[];
}

// They change with a restart only, which an event tells.
const everyMs = 600000;

const columns: Column<Setting>[] = [
  {
    name: "setting",
    class: "setting",
    cell: (s) => (
      <>
        <code>{s.name}</code>
        <small title={`Allowed: ${s.allowed}.`}>{s.sentence}</small>
      </>
    ),
  },
  {
    name: "value",
    class: "mono setting-value",
    cell: (s) => (
      <>
        {s.secret ? <span class="faint">{s.set ? "set, and shown to nobody" : "not set"}</span> : valueText(s.value) || <None text="empty" />}
        {s.changed && <span class="flag">changed</span>}
      </>
    ),
  },
  { name: "default", class: "mono setting-value faint", cell: (s) => (s.changed && !s.secret ? valueText(s.default) || "empty" : <None />) },
  { name: "from", class: "setting-value faint", cell: (s) => s.origin.place ?? s.origin.kind },
];

export function Settings({ query }: { query: URLSearchParams }) {
  const told = useLive("settings", () => get<Told>("api/settings"), everyMs);
  const wish = { text: query.get("q") ?? "", section: query.get("section") ?? "", changed: query.get("changed") === "true" };
  const [text, setText] = useState(wish.text);
  const to = (w: Partial<typeof wish>) => {
    const next = { ...wish, ...w };
    replace(href(["settings"], { q: next.text, section: next.section, changed: next.changed ? "true" : undefined }));
  };
  const found = matching(told.data?.settings ?? [], wish);
  const changed = (told.data?.settings ?? []).filter((s) => s.changed).length;
  return (
    <Page title="Settings" note="with which this scheduler runs, from its start to its end">
      <div class="fields settings-filter" role="search">
        <label class="field">
          <span class="hidden">Find settings</span>
          <input
            id="search"
            value={text}
            placeholder="a name, a word of what it is for, a value"
            autocomplete="off"
            spellcheck={false}
            onInput={(e) => {
              setText(e.currentTarget.value);
              to({ text: e.currentTarget.value.trim() });
            }}
          />
        </label>
        <label class="field">
          <span class="hidden">Section</span>
          <select value={wish.section} onChange={(e) => to({ section: e.currentTarget.value })}>
            <option value="">all sections</option>
            {told.data?.sections.map((s) => (
              <option key={s.name} value={s.name}>
                {s.name}
              </option>
            ))}
          </select>
        </label>
        <button type="button" class="chip" aria-pressed={wish.changed} onClick={() => to({ changed: !wish.changed })}>
          changed only <span class="num faint">{changed}</span>
        </button>
      </div>
      <Failure error={told.error} onRetry={told.again} />
      {!told.data && !told.error && <Loading rows={10} />}
      {told.data && (
        <p class="hidden" role="status">
          {plural(found.length, "setting")}
        </p>
      )}
      {told.data && found.length === 0 && (
        <Empty title={wish.changed && !wish.text && !wish.section ? "Every setting has its default." : "No setting is like that."}>
          <a
            class="button"
            href="#/settings"
            onClick={() => setText("")}
          >
            All settings
          </a>
        </Empty>
      )}
      {told.data?.sections
        .map((section) => ({ ...section, rows: found.filter((s) => s.section === section.name) }))
        .filter((section) => section.rows.length > 0)
        .map((section) => (
          <Listed key={section.name} title={section.name} note={section.sentence}>
            <Table rows={section.rows} keyOf={(s) => s.name} columns={columns} class="settings" />
          </Listed>
        ))}
    </Page>
  );
}
