import { useEffect, useState } from "preact/hooks";
import { ApiError, encoded, get, post } from "../api";
import { pretty } from "../format";
import { say } from "../parts/action";
import { JobSettings, type Settings, settingsBody, settingsOf } from "../parts/job_settings";
import { Failure, Loading, Page, Panel } from "../parts/ui";
import { SchemaForm } from "../parts/schema_form";
import { go, href } from "../route";
import { fields, shown, value } from "../schema";
import type { Job, TypeSchema } from "../types";

interface Known {
  types: TypeSchema[];
  from: Job | undefined;
}

async function load(from: string): Promise<Known> {
  const [types, job] = await Promise.all([
    get<{ schemas: TypeSchema[] }>("api/schemas?limit=1000"),
    from ? get<Job>(`api/jobs/${encoded(from)}`) : Promise.resolve(undefined),
  ]);
  return { types: types.schemas, from: job };
}

export function Submit({ from }: { from: string }) {
  const [known, setKnown] = useState<Known>();
  const [error, setError] = useState<ApiError>();
  useEffect(() => {
    load(from).then(setKnown, (e: unknown) => setError(e instanceof ApiError ? e : new ApiError(0, "page", String(e), "")));
  }, [from]);
  return (
    <Page title={from ? "Clone a job" : "Submit a job"} note={from ? `made from ${from}` : "It is on disk before the answer comes."}>
      <Failure error={error} />
      {!known && !error && <Loading rows={8} />}
      {known && <Form known={known} />}
    </Page>
  );
}

function Form({ known }: { known: Known }) {
  const { types, from } = known;
  const first = from?.type ?? types.find((t) => t.type === "exec")?.type ?? types[0]?.type ?? "";
  const [type, setType] = useState(first);
  const of = types.find((t) => t.type === type);
  const list = fields(of?.schema ?? null);
  const start = (from?.payload ?? {}) as Record<string, unknown>;
  // A payload with members that no field shows is edited as JSON, so that nothing of it is lost.
  const fits = typeof start === "object" && start !== null && !Array.isArray(start) && Object.keys(start).every((k) => list.some((f) => f.name === k));
  const [raw, setRaw] = useState(!fits || list.length === 0);
  const [json, setJson] = useState(pretty(from?.payload ?? {}));
  const [texts, setTexts] = useState<Record<string, string>>(() => (fits ? Object.fromEntries(list.map((f) => [f.name, shown(f, start[f.name])])) : {}));
  const [settings, setSettings] = useState<Settings>(settingsOf(from));
  const [problems, setProblems] = useState<Record<string, string>>({});
  const [error, setError] = useState<ApiError>();
  const [busy, setBusy] = useState(false);

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

  const send = async () => {
    setError(undefined);
    let payload: unknown;
    if (raw) {
      try {
        payload = JSON.parse(json || "{}");
        setProblems({});
      } catch (e) {
        setProblems({ payload: (e as Error).message });
        return;
      }
    } else if ((payload = assemble()) === undefined) return;
    setBusy(true);
    try {
      const answer = await post<{ jobID: string; duplicate?: boolean }>("api/jobs/submit", { jobType: type, payload, ...settingsBody(settings) });
      say(answer.duplicate ? `There is such a job already: ${answer.jobID}` : `Submitted ${answer.jobID}`);
      go(href(["jobs", answer.jobID]));
    } catch (e) {
      setBusy(false);
      if (!(e instanceof ApiError)) throw e;
      // At its field where the form has that; otherwise at the end.
      if (e.field) setProblems({ [e.field]: e.message });
      setError(e);
      requestAnimationFrame(() => document.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
    }
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

  return (
    <form
      class="submit"
      noValidate
      onSubmit={(e) => {
        e.preventDefault();
        void send();
      }}
    >
      <Panel title="What it does">
        <label class="field">
          <span>Job type</span>
          <select
            value={type}
            onChange={(e) => {
              const next = e.currentTarget.value;
              setType(next);
              setTexts({});
              setJson("{}");
              setProblems({});
              setError(undefined);
              setRaw(fields(types.find((t) => t.type === next)?.schema ?? null).length === 0);
            }}
          >
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
      <Panel title="When, where, how often">
        <JobSettings settings={settings} problems={problems} set={setSettings} />
      </Panel>
      <div class="submit-foot">
        <Failure error={error} />
        <button class="primary" disabled={busy || !type}>
          {busy ? "Submitting …" : "Submit"}
        </button>
      </div>
    </form>
  );
}
