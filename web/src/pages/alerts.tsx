import { useState } from "preact/hooks";
import { type Alert, type Alerts as Told, alertStates, objectiveText, placeOf, ruleText, type Silence } from "../alerts";
import { type ApiError, actor, ask, encoded, get, post, query as asQuery, setActor } from "../api";
import { number, numeric } from "../format";
import { useLive, useNow } from "../live";
import { Action } from "../parts/action";
import { ChoiceField, TextField } from "../parts/field";
import { FormDialog, Who } from "../parts/form_dialog";
import { Table } from "../parts/table";
import { Ago, Empty, Failure, Listed, Loading, None, Page } from "../parts/ui";
import { href, replace } from "../route";

const everyMs = 10000; // an event tells what fires and what is over

/** How many alerts fire; undefined: none does, or nobody looks. */
export function useFiring(): number | undefined {
  return useLive("firing", () => get<Told>("api/alerts?state=firing"), everyMs).data?.count || undefined;
}

export function Alerts({ query }: { query: URLSearchParams }) {
  return (
    <Page title="Alerts" note="what is wrong, and who knows of it">
      <List state={query.get("state") ?? ""} />
    </Page>
  );
}

interface Both extends Told {
  silences: Silence[];
}

function List({ state }: { state: string }) {
  const told = useLive(
    `alerts ${state}`,
    async (): Promise<Both> => {
      const [alerts, silences] = await Promise.all([get<Told>(`api/alerts${asQuery({ state })}`), get<{ silences: Silence[] }>("api/alerts/silences")]);
      return { ...alerts, silences: silences.silences };
    },
    everyMs,
  );
  const now = useNow();
  const [acked, setAcked] = useState<Alert>();
  const [silenced, setSilenced] = useState<Alert | "any">();
  const done = () => {
    setAcked(undefined);
    setSilenced(undefined);
    told.again();
  };
  const alerts = told.data?.alerts ?? [];
  const silences = told.data?.silences ?? [];
  return (
    <>
      <div class="chips" role="group" aria-label="states">
        {alertStates.map((s) => (
          <button key={s} class="chip" aria-pressed={s === state} onClick={() => replace(href(["alerts"], { state: s === state ? undefined : s }))}>
            {s}
          </button>
        ))}
        <button class="ghost" onClick={() => setSilenced("any")}>
          new silence
        </button>
      </div>
      <Failure error={told.error} onRetry={told.again} />
      {!told.data && !told.error && <Loading />}
      {told.data && !told.data.enabled && <Empty title="No rules are looked at: alerts.enabled is false." />}
      {told.data?.enabled && alerts.length === 0 && (
        <Empty title={state ? `No alert is ${state}.` : "Nothing is wrong."}>
          <p class="faint">
            {told.data.evaluatedAt ? (
              <>
                The rules were looked at <Ago at={told.data.evaluatedAt} now={now} />.
              </>
            ) : (
              "The rules have not been looked at yet."
            )}
          </p>
        </Empty>
      )}
      {alerts.length > 0 && (
        <Table
          rows={alerts}
          keyOf={(a) => a.id}
          columns={[
            { name: "state", cell: (a) => <State of={a} /> },
            { name: "alert", class: "alert", cell: (a) => <What of={a} silences={silences} now={now} /> },
            { name: "since", num: true, cell: (a) => <Ago at={a.resolvedAt ?? a.firedAt ?? a.since} now={now} /> },
          ]}
          actions={(a) =>
            a.state !== "resolved" && (
              <>
                <button class="small" onClick={() => setAcked(a)}>
                  {a.ack ? "Change the comment" : "Acknowledge"}
                </button>
                {!a.silence && (
                  <button class="small" onClick={() => setSilenced(a)}>
                    Silence
                  </button>
                )}
              </>
            )
          }
        />
      )}
      {silences.length > 0 && <Silences of={silences} now={now} after={told.again} />}
      {(told.data?.objectives.length ?? 0) > 0 && <Objectives of={told.data as Told} />}
      {acked && <Acknowledge alert={acked} onClose={done} />}
      {silenced && <NewSilence of={silenced === "any" ? undefined : silenced} onClose={done} />}
    </>
  );
}

function State({ of: a }: { of: Alert }) {
  const tone = a.state === "resolved" ? "completed" : a.state === "pending" ? "queued" : a.severity === "info" ? "running" : a.severity === "warning" ? "retrying" : "failed";
  return (
    <span class={`status s-${tone}`}>
      <i aria-hidden="true" />
      {a.state === "firing" ? a.severity : a.state}
    </span>
  );
}

function What({ of: a, silences, now }: { of: Alert; silences: Silence[]; now: number }) {
  const place = placeOf(a.target);
  const silence = silences.find((s) => s.id === a.silence);
  return (
    <>
      <b>{ruleText(a.rule)}</b>
      {a.target && (place ? <a href={href(place.path, place.query)}>{a.target}</a> : <span>{a.target}</span>)}
      {a.ack && <span class="flag">acknowledged</span>}
      {a.silence && <span class="flag">silenced</span>}
      <p>{a.summary}</p>
      {a.state !== "resolved" && <p class="faint">{a.advice}</p>}
      {a.ack && (
        <p class="faint">
          {a.ack.by || "Somebody"} looks after it, <Ago at={a.ack.at} now={now} />
          {a.ack.comment && `: ${a.ack.comment}`}
        </p>
      )}
      {silence && (
        <p class="faint">
          Told to nobody: the silence ends <Ago at={silence.until} now={now} />.
        </p>
      )}
    </>
  );
}

function Silences({ of, now, after }: { of: Silence[]; now: number; after: () => void }) {
  return (
    <Listed title="Silences" note="alerts that fit are told to nobody">
      <Table
        rows={of}
        keyOf={(s) => s.id}
        columns={[
          { name: "rule", cell: (s) => (s.rule ? ruleText(s.rule) : <None text="any" />) },
          { name: "target", cell: (s) => (s.target === null ? <None text="any" /> : s.target || "the scheduler") },
          { name: "by", cell: (s) => s.by || <None /> },
          { name: "comment", cell: (s) => s.comment || <None /> },
          { name: "ends", num: true, cell: (s) => <Ago at={s.until} now={now} /> },
        ]}
        actions={(s) => <Action small label="End" run={() => ask("DELETE", `api/alerts/silences/${encoded(s.id)}`)} done="The silence is over" after={after} />}
      />
    </Listed>
  );
}

const windows = ["5m", "30m", "1h", "6h"] as const;

function Objectives({ of: told }: { of: Told }) {
  const rate = (n: number) => <span class={n > 1 ? "why" : ""}>{n.toFixed(1)}</span>;
  return (
    <Listed title="Objectives of queues" note="how quickly what may go wrong is used up: 1 is just as fast as it may be">
      <Table
        rows={told.objectives}
        keyOf={(o) => `${o.queue} ${o.objective}`}
        columns={[
          { name: "queue", cell: (o) => <a href={href(["jobs"], { queue: o.queue })}>{o.queue}</a> },
          { name: "objective", cell: (o) => `${objectiveText(o)}, over ${number(Math.round(o.windowSeconds / 86400))} days` },
          ...windows.map((w) => ({ name: w, num: true, cell: (o: Told["objectives"][number]) => rate(o.burnRates[w]) })),
        ]}
      />
    </Listed>
  );
}

function Acknowledge({ alert: a, onClose }: { alert: Alert; onClose: () => void }) {
  const [comment, setComment] = useState(a.ack?.comment ?? "");
  const [name, setName] = useState(actor());
  const [error, setError] = useState<ApiError>();
  const send = async () => {
    setActor(name);
    await post(`api/alerts/${encoded(a.id)}/ack`, comment ? { comment } : {});
    return `You look after ${ruleText(a.rule)}`;
  };
  return (
    <FormDialog title="Acknowledge" button="Acknowledge" send={send} onClose={onClose} error={setError} shown={error}>
      <p>
        {ruleText(a.rule)} {a.target}: it is told to nobody any more until it is resolved.
      </p>
      <Who name={name} set={setName} />
      <TextField id="ack-comment" label="Comment" value={comment} set={setComment} problem={error?.field === "comment" ? error.message : undefined} />
    </FormDialog>
  );
}

const times = [
  ["3600", "1 hour"],
  ["14400", "4 hours"],
  ["86400", "1 day"],
  ["604800", "7 days"],
  ["", "other"],
] as const;

function NewSilence({ of: a, onClose }: { of: Alert | undefined; onClose: () => void }) {
  const [rule, setRule] = useState(a?.rule ?? "");
  const [target, setTarget] = useState(a?.target ?? "");
  const [time, setTime] = useState("3600");
  const [seconds, setSeconds] = useState("");
  const [comment, setComment] = useState("");
  const [name, setName] = useState(actor());
  const [error, setError] = useState<ApiError>();
  const at = (field: string) => (error?.field === field ? error.message : undefined);
  const send = async () => {
    setActor(name);
    const lasts = numeric(time || seconds);
    await post("api/alerts/silences", { ...(rule ? { rule } : {}), ...(target ? { target } : {}), for: lasts, ...(comment ? { comment } : {}) });
    return "What fits is told to nobody until the silence ends";
  };
  return (
    <FormDialog title="Silence" button="Silence" send={send} onClose={onClose} error={setError} shown={error}>
      <p>Alerts that fit are told to nobody for a time. They are still listed here. One that fires still when the time is over is told then.</p>
      <div class="fields two">
        <TextField id="silence-rule" label="Rule" value={rule} set={setRule} problem={at("rule")} hint="any when empty" />
        <TextField id="silence-target" label="Target" value={target} set={setTarget} problem={at("target")} hint="queue/NAME, type/NAME; any when empty" />
        <ChoiceField id="silence-time" label="For" value={time} set={setTime} problem={time ? at("for") : undefined} of={times} />
        {time === "" && <TextField id="silence-seconds" label="So many seconds" type="number" value={seconds} set={setSeconds} problem={at("for")} />}
      </div>
      <Who name={name} set={setName} />
      <TextField id="silence-comment" label="Comment" value={comment} set={setComment} problem={at("comment")} />
    </FormDialog>
  );
}
