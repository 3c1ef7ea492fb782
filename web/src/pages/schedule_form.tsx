/** A schedule that is to be, or one that is changed: when, by which rules, which job. When it would fire is told while one types. */
import { useEffect, useState } from "preact/hooks";
import { ApiError, ask, encoded, get, post } from "../api";
import { fullTime } from "../format";
import { useNow } from "../live";
import { say } from "../parts/action";
import { ChoiceField, TextField } from "../parts/field";
import { focusWrong, insideOf, useJobForm } from "../parts/job_form";
import { settingsOf } from "../parts/job_settings";
import { Ago, Empty, Failure, Loading, Page, Panel } from "../parts/ui";
import { go, href } from "../route";
import { isSaid, type RuleKind, type Rules, rulesBody, rulesOf } from "../schedule_rules";
import type { Schedule, TypeSchema } from "../types";
import { knownTypes } from "./submit";

/** What the form of a job shows; all else of a job that is edited stays as it is. */
const shownOfJob = ["jobType", "payload", "queue", "priority", "timeout", "maxRetries", "tags", "concurrencyKey", "held"];
const notOfSchedules = ["scheduleAt", "idempotencyKey"] as const;

export function ScheduleForm({ name }: { name: string | undefined }) {
  const [known, setKnown] = useState<{ types: TypeSchema[]; old: Schedule | undefined }>();
  const [error, setError] = useState<ApiError>();
  useEffect(() => {
    Promise.all([knownTypes(), name ? get<Schedule>(`api/schedules/${encoded(name)}`) : Promise.resolve(undefined)]).then(
      ([types, old]) => setKnown({ types, old }),
      (e: unknown) => setError(e instanceof ApiError ? e : new ApiError(0, "page", String(e), "")),
    );
  }, [name]);
  const template = known?.old?.template;
  return (
    <Page title={name ? `Change ${name}` : "New schedule"} note={known?.old ? `version ${known.old.version}; it gets a new one` : "a job that is submitted again and again"}>
      <Failure error={error} />
      {!known && !error && <Loading rows={8} />}
      {template && (
        <Empty title={`Its job is made by the template ${template.name}.`}>
          <p class="faint">Put it again with the parameters of the template, on the command line or with the REST interface.</p>
          <a class="button" href={href(["schedules", name ?? ""])}>
            Back to it
          </a>
        </Empty>
      )}
      {known && !template && <Form types={known.types} old={known.old} />}
    </Page>
  );
}

const kinds: [RuleKind, string][] = [
  ["cron", "by the calendar"],
  ["every", "every so often"],
  ["at", "once"],
];

function Form({ types, old }: { types: TypeSchema[]; old: Schedule | undefined }) {
  const [name, setName] = useState(old?.name ?? "");
  const [rules, setRules] = useState<Rules>(() => rulesOf(old, Intl.DateTimeFormat().resolvedOptions().timeZone));
  const job = useJobForm(types, { type: old?.job.jobType, payload: old?.job.payload, settings: { ...settingsOf(old?.job), held: old?.job.held ?? false } }, notOfSchedules);
  const [problems, setProblems] = useState<Record<string, string>>({});
  const [error, setError] = useState<ApiError>();
  const [busy, setBusy] = useState(false);

  const place = (e: ApiError) => {
    // That none of the three is given is told of the first of them.
    const field = e.field === "cron" ? rules.kind : e.field;
    const ofJob = insideOf(e, "job");
    if (ofJob !== undefined) job.refuse(ofJob, e.message);
    setProblems(field && ofJob === undefined ? { [field]: e.message } : {});
    setError(e);
    focusWrong();
  };
  const send = async () => {
    setError(undefined);
    setProblems({});
    const body = job.read();
    if (!body) return focusWrong();
    const kept = Object.fromEntries(Object.entries(old?.job ?? {}).filter(([member]) => !shownOfJob.includes(member)));
    const definition = { ...rulesBody(rules), job: { ...kept, ...body } };
    setBusy(true);
    try {
      if (old) await ask("PUT", `api/schedules/${encoded(old.name)}?ifVersion=${old.version}`, definition);
      else await post("api/schedules", { name: name.trim(), ...definition });
      say(old ? `${old.name} is changed` : `${name.trim()} is a schedule`);
      go(href(["schedules", old?.name ?? name.trim()]));
    } catch (e) {
      setBusy(false);
      if (!(e instanceof ApiError)) throw e;
      place(e);
    }
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
      <Panel title="When">
        <div class="fields">
          {!old && <TextField id="schedule-name" label="Name" required value={name} set={setName} problem={problems.name} hint="letters, digits, dots, dashes and underscores" />}
          <When rules={rules} set={setRules} problems={problems} />
        </div>
        <Preview rules={rules} name={old?.name ?? name.trim()} problem={(field, text) => setProblems(field ? { [field === "cron" ? rules.kind : field]: text } : {})} />
      </Panel>
      <Panel title="By which rules">
        <By rules={rules} set={setRules} problems={problems} />
      </Panel>
      {job.view}
      <div class="submit-foot">
        <Failure error={error} />
        <button class="primary" disabled={busy || !job.type}>
          {old ? "Save" : "Create"}
        </button>
      </div>
    </form>
  );
}

interface PartProps {
  rules: Rules;
  set: (r: Rules) => void;
  problems: Record<string, string>;
}

/** The fields of one member each, by its name. */
function fieldsOf({ rules, set, problems }: PartProps) {
  return (member: keyof Rules) => ({
    id: `schedule-${member}`,
    value: rules[member],
    problem: problems[member],
    set: (text: string) => set({ ...rules, [member]: text }),
  });
}

function When(props: PartProps) {
  const { rules, set } = props;
  const of = fieldsOf(props);
  return (
    <>
      <div class="chips" role="group" aria-label="how it is said">
        {kinds.map(([kind, text]) => (
          <button key={kind} type="button" class="chip" aria-pressed={rules.kind === kind} onClick={() => set({ ...rules, kind })}>
            {text}
          </button>
        ))}
      </div>
      {rules.kind === "cron" && (
        <div class="fields two">
          <TextField {...of("cron")} label="Cron expression" mono placeholder="30 2 * * *" hint="minute, hour, day, month, day of the week; or @daily" />
          <TextField {...of("timeZone")} label="Time zone" list="zones" hint="whose clocks it follows" />
          <datalist id="zones">
            {["UTC", ...Intl.supportedValuesOf("timeZone")].map((z) => (
              <option key={z} value={z} />
            ))}
          </datalist>
        </div>
      )}
      {rules.kind === "every" && (
        <div class="fields two">
          <TextField {...of("every")} label="Every so many seconds" type="number" placeholder="3600" />
          <TextField {...of("anchor")} label="Counted from" type="datetime-local" hint="in this browser's time; from now when empty" />
        </div>
      )}
      {rules.kind === "at" && <TextField {...of("at")} label="At" type="datetime-local" hint="in this browser's time" />}
    </>
  );
}

function By(props: PartProps) {
  const { rules } = props;
  const of = fieldsOf(props);
  return (
    <div class="fields two">
      <ChoiceField
        {...of("catchUp")}
        label="Times that passed while nothing could run"
        of={[
          ["last", "make up for the last one"],
          ["all", "make up for each of them"],
          ["none", "are left out"],
        ]}
      />
      <ChoiceField
        {...of("overlap")}
        label="When its last job has not ended"
        of={[
          ["allow", "start another one"],
          ["skip", "leave this time out"],
          ["queue", "wait until it has ended"],
          ["replace", "cancel it"],
        ]}
      />
      {rules.catchUp === "all" && <TextField {...of("catchUpMax")} label="Of so many at most" type="number" placeholder="100" />}
      <TextField {...of("jitter")} label="Jitter" type="number" placeholder="0" hint="later by up to so many seconds" />
      <TextField {...of("startWithin")} label="Start within" type="number" hint="seconds; a job that starts later fails" />
      <TextField {...of("startAt")} label="Not before" type="datetime-local" hint="in this browser's time" />
      <TextField {...of("endAt")} label="Not after" type="datetime-local" hint="in this browser's time" />
    </div>
  );
}

const restMs = 300; // while somebody types nothing is asked
const timesShown = 5;

interface Times {
  next: string[];
  local?: string[];
}

/** When it would fire, as the scheduler says it: nothing is stored. */
function Preview({ rules, name, problem }: { rules: Rules; name: string; problem: (field: string, text: string) => void }) {
  const [times, setTimes] = useState<Times>();
  const [error, setError] = useState<ApiError>();
  const now = useNow();
  const said = isSaid(rules);
  const body = JSON.stringify({ ...rulesBody(rules), ...(rules.jitter && name ? { name } : {}), count: timesShown });
  useEffect(() => {
    if (!said) {
      setTimes(undefined);
      setError(undefined);
      return;
    }
    let over = false;
    const timer = setTimeout(() => {
      post<Times>("api/schedules/preview", body).then(
        (found) => {
          if (over) return;
          setTimes(found);
          setError(undefined);
          problem("", "");
        },
        (e: unknown) => {
          if (over || !(e instanceof ApiError)) return;
          setTimes(undefined);
          setError(e);
          problem(e.field, e.message);
        },
      );
    }, restMs);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [body, said]);
  return (
    <div class="preview" aria-live="polite">
      <h3>It fires</h3>
      {!said && <p class="faint">Say when, and the next times are here.</p>}
      {error && <p class="faint">{error.field ? "See above." : error.message}</p>}
      {times && (
        <ol class="times">
          {times.next.map((t, i) => (
            <li key={t}>
              {times.local?.[i]?.replace("T", " ") ?? fullTime(t)}{" "}
              <span class="faint">
                <Ago at={t} now={now} />
              </span>
            </li>
          ))}
          {times.next.length === 0 && <li class="faint">never</li>}
        </ol>
      )}
    </div>
  );
}
