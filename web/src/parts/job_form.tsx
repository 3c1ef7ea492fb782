/** The fields of a job that is to be: its type, its payload by the schema of the type or as JSON, and its settings. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { ApiError } from "../api";
import { pretty } from "../format";
import { fields, shown, value } from "../schema";
import type { TypeSchema } from "../types";
import { JobSettings, type SettingName, type Settings, settingsBody } from "./job_settings";
import { SchemaForm } from "./schema_form";
import { Panel } from "./ui";

interface Start {
  type: string | undefined;
  payload: unknown;
  settings: Settings;
}

interface JobForm {
  view: JSX.Element;
  /** The body of a submit; undefined: a field says what is wrong with it. */
  read: () => Record<string, unknown> | undefined;
  /** Shows what the server refused at its field. @param field  as in the body of a submit */
  refuse: (field: string, message: string) => void;
  type: string;
}

/** The error of a submit at its field, where the form has that, and the keyboard there. */
export function focusWrong() {
  requestAnimationFrame(() => document.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
}

/** @param without  settings that such a job does not have */
export function useJobForm(types: TypeSchema[], start: Start, without: readonly SettingName[] = []): JobForm {
  const first = start.type ?? types.find((t) => t.type === "exec")?.type ?? types[0]?.type ?? "";
  const [type, setType] = useState(first);
  const of = types.find((t) => t.type === type);
  const list = fields(of?.schema ?? null);
  const given = (start.payload ?? {}) as Record<string, unknown>;
  // A payload with members that no field shows is edited as JSON, so that nothing of it is lost.
  const fits = typeof given === "object" && given !== null && !Array.isArray(given) && Object.keys(given).every((k) => list.some((f) => f.name === k));
  const [raw, setRaw] = useState(!fits || list.length === 0);
  const [json, setJson] = useState(pretty(start.payload ?? {}));
  const [texts, setTexts] = useState<Record<string, string>>(() => (fits ? Object.fromEntries(list.map((f) => [f.name, shown(f, given[f.name])])) : {}));
  const [settings, setSettings] = useState<Settings>(start.settings);
  const [problems, setProblems] = useState<Record<string, string>>({});

  /** The payload that the form says, or the problems of its fields. */
  const assemble = (): Record<string, unknown> | undefined => {
    const payload: Record<string, unknown> = {};
    const found: Record<string, string> = {};
    for (const f of list) {
      try {
        const v = value(f, texts[f.name] ?? "");
        if (v !== undefined) payload[f.name] = v;
      } catch (e) {
        found[`payload.${f.name}`] = (e as Error).message;
      }
    }
    setProblems(found);
    return Object.keys(found).length ? undefined : payload;
  };
  const read = () => {
    let payload: unknown;
    if (raw) {
      try {
        payload = JSON.parse(json || "{}");
        setProblems({});
      } catch (e) {
        setProblems({ payload: (e as Error).message });
        return undefined;
      }
    } else if ((payload = assemble()) === undefined) return undefined;
    return { jobType: type, payload, ...settingsBody(settings) };
  };
  const toggle = () => {
    if (raw) {
      try {
        const v = JSON.parse(json || "{}") as Record<string, unknown>;
        const lost = Object.keys(v).filter((k) => !list.some((f) => f.name === k));
        if (lost.length) return setProblems({ payload: `the form has no field for ${lost.join(", ")}` });
        setTexts(Object.fromEntries(list.map((f) => [f.name, shown(f, v[f.name])])));
        setProblems({});
      } catch (e) {
        return setProblems({ payload: (e as Error).message });
      }
    } else {
      const payload = assemble();
      if (!payload) return;
      setJson(pretty(payload));
    }
    setRaw(!raw);
  };
  const choose = (next: string) => {
    setType(next);
    setTexts({});
    setJson("{}");
    setProblems({});
    setRaw(fields(types.find((t) => t.type === next)?.schema ?? null).length === 0);
  };

  const view = (
    <>
      <Panel title="What it does">
        <label class="field">
          <span>Job type</span>
          <select value={type} onChange={(e) => choose(e.currentTarget.value)}>
            {types.map((t) => (
              <option key={t.type} value={t.type}>
                {t.type}
              </option>
            ))}
          </select>
          <small>{of?.schema?.description ?? of?.summary}</small>
        </label>
        <div class="payload-head">
          <h3>Payload</h3>
          {list.length > 0 && (
            <button type="button" class="small" onClick={toggle}>
              {raw ? "as a form" : "as JSON"}
            </button>
          )}
        </div>
        {raw ? (
          <label class="field">
            <span class="hidden">Payload as JSON</span>
            <textarea
              class="mono"
              rows={12}
              value={json}
              spellcheck={false}
              aria-invalid={Object.keys(problems).some((p) => p.startsWith("payload"))}
              onInput={(e) => setJson(e.currentTarget.value)}
            />
            {Object.entries(problems)
              .filter(([p]) => p.startsWith("payload"))
              .map(([p, text]) => (
                <small key={p} class="field-error" role="alert">
                  {text}
                </small>
              ))}
          </label>
        ) : (
          <SchemaForm list={list} texts={texts} problems={problems} set={(name, text) => setTexts({ ...texts, [name]: text })} />
        )}
      </Panel>
      <Panel title={without.includes("scheduleAt") ? "Where, how often it is tried" : "When, where, how often"}>
        <JobSettings settings={settings} problems={problems} set={setSettings} without={without} />
      </Panel>
    </>
  );
  return { view, read, refuse: (field, message) => setProblems({ [field]: message }), type };
}

/** The place of an error in the job that is a part of a body. @param at  `job` */
export const insideOf = (e: ApiError, at: string) => (e.field.startsWith(`${at}.`) ? e.field.slice(at.length + 1) : undefined);
