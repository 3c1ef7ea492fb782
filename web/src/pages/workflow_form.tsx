/** A workflow that is to be: its JSON, what is wrong with it, and its graph as it is written. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { ApiError, get, post } from "../api";
import { plural } from "../format";
import { type Description, membersOf } from "../openapi";
import { say } from "../parts/action";
import { GraphView } from "../parts/graph";
import { Failure, Page, Panel } from "../parts/ui";
import { go, href } from "../route";
import { check, type Flaw, type Members, positionOf } from "../workflow_check";

const example = `{
  "name": "nightly-report",
  "jobs": {
    "load":   {"jobType": "exec", "payload": {"argv": ["/bin/echo", "load"]}},
    "left":   {"jobType": "exec", "payload": {"argv": ["/bin/echo", "left"]}, "dependencies": ["load"]},
    "right":  {"jobType": "exec", "payload": {"argv": ["/bin/echo", "right"]}, "dependencies": ["load"]},
    "report": {"jobType": "exec", "payload": {"argv": ["/bin/echo", "report"]}, "dependencies": ["left", "right"]},
    "alarm":  {"jobType": "exec", "payload": {"argv": ["/bin/echo", "alarm"]}, "dependencies": [{"id": "report", "on": "failure"}]}
  }
}
`;
const flawsShown = 20;
const fileBytesMax = 8 * 1024 * 1024; // more is for the command line

/** What a workflow and a job of it may have, by the scheduler's own description. */
async function members(): Promise<Members> {
  const d = await get<Description>("api/openapi.json");
  const of = (schema: string) => membersOf(d, { $ref: `#/components/schemas/${schema}` }).map((m) => m.name);
  return { workflow: of("WorkflowSubmit"), job: of("WorkflowJob") };
}

export function WorkflowForm() {
  const [text, setText] = useState("");
  const [known, setKnown] = useState<Members>();
  const [error, setError] = useState<ApiError>();
  const [busy, setBusy] = useState(false);
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    // Without the description the server says what it does not know.
    members().then(setKnown, () => undefined);
  }, []);
  const empty = text.trim() === "";
  const checked = useMemo(() => (empty ? { flaws: [], graph: undefined } : check(text, known)), [text, known]);
  const flaws: Flaw[] = [...checked.flaws, ...(error?.field ? [{ place: error.field, text: error.message }] : [])];
  const write = (next: string) => {
    setText(next);
    setError(undefined);
  };
  const show = (place: string) => {
    const found = positionOf(text, place);
    const a = area.current;
    if (!found || !a) return;
    a.focus();
    a.setSelectionRange(found.from, found.to);
    // The lines above decide how far it is scrolled.
    const line = text.slice(0, found.from).split("\n").length;
    a.scrollTop = (line - 4) * (a.scrollHeight / Math.max(1, text.split("\n").length));
  };
  const send = async () => {
    setError(undefined);
    setBusy(true);
    try {
      const answer = await post<{ id: string; name: string; duplicate?: boolean }>("api/workflows", text);
      say(answer.duplicate ? `There is such a workflow already: ${answer.id}` : `${answer.name} is submitted`);
      go(href(["workflows", answer.id]));
    } catch (e) {
      setBusy(false);
      if (!(e instanceof ApiError)) throw e;
      setError(e);
      show(e.field);
    }
  };
  return (
    <Page
      title="New workflow"
      note="jobs that depend on each other, accepted as one"
      actions={
        <>
          <label class="button" for="workflow-file">
            Open a file
          </label>
          <input
            id="workflow-file"
            class="hidden"
            type="file"
            accept=".json,application/json"
            onChange={(e) => {
              const file = e.currentTarget.files?.[0];
              e.currentTarget.value = "";
              if (!file) return;
              if (file.size > fileBytesMax) return say("The file is too large for this page: use callboard workflows submit FILE.", true);
              void file.text().then(write);
            }}
          />
          <button onClick={() => write(example)}>An example</button>
        </>
      }
    >
      <form
        class="workflow-form"
        noValidate
        onSubmit={(e) => {
          e.preventDefault();
          void send();
        }}
      >
        <Panel title="As JSON" aside={checked.graph && plural(checked.graph.nodes.length, "job")}>
          <textarea
            ref={area}
            class="mono bare"
            rows={16}
            value={text}
            spellcheck={false}
            aria-label="The workflow as JSON"
            aria-invalid={flaws.length > 0}
            aria-describedby="workflow-flaws"
            placeholder={'{\n  "name": "…",\n  "jobs": {\n    "first": { "jobType": "…" },\n    "second": { "jobType": "…", "dependencies": ["first"] }\n  }\n}'}
            onInput={(e) => write(e.currentTarget.value)}
          />
        </Panel>
        <Panel title="What is wrong with it" aside={!empty && flaws.length === 0 ? "nothing that can be told here" : undefined}>
          <ul id="workflow-flaws" class="flaws" aria-live="polite">
            {empty && <li class="faint">Write it, open a file, or begin with the example.</li>}
            {flaws.slice(0, flawsShown).map((f) => (
              <li key={`${f.place} ${f.text}`}>
                {f.place && (
                  <button type="button" class="link mono" onClick={() => show(f.place)}>
                    {f.place}
                  </button>
                )}
                <span class="field-error">{f.text}</span>
              </li>
            ))}
            {flaws.length > flawsShown && <li class="faint">and {flaws.length - flawsShown} more</li>}
            {!empty && flaws.length === 0 && <li class="faint">Payloads, job types and limits are checked when it is submitted: all of its jobs are accepted, or none.</li>}
          </ul>
        </Panel>
        {checked.graph && (
          <Panel title="Graph" class="wide">
            <GraphView graph={checked.graph} />
          </Panel>
        )}
        <div class="submit-foot wide">
          {error && !error.field && <Failure error={error} />}
          <button class="primary" disabled={busy || empty || checked.flaws.length > 0}>
            {busy ? "Submitting …" : "Submit"}
          </button>
        </div>
      </form>
    </Page>
  );
}
