/** One action on all jobs that the filter finds: first their number, then, slice by slice, what was done. */
import { useRef, useState } from "preact/hooks";
import { ApiError, post } from "../api";
import { plural } from "../format";
import { type Filter, statusesOf } from "../filter";
import { type BulkAnswer, liveStatuses, type Status } from "../types";
import { say } from "./action";
import { Dialog, Failure, Meter } from "./ui";

interface Kind {
  action: string;
  label: string;
  on: readonly Status[];
  tone?: "danger";
  says: string;
  reason?: boolean;
}
const kinds: Kind[] = [
  { action: "retry", label: "Retry", on: ["failed"], says: "tried again, with retries counted anew" },
  { action: "discard", label: "Discard", on: ["failed"], tone: "danger", says: "given up: they become cancelled", reason: true },
  { action: "hold", label: "Hold", on: liveStatuses, says: "held until somebody releases them", reason: true },
  { action: "release", label: "Release", on: liveStatuses, says: "released" },
  { action: "change", label: "Change priority", on: ["queued", "scheduled", "retrying"], says: "given the priority" },
  { action: "cancel", label: "Cancel", on: liveStatuses, tone: "danger", says: "cancelled; what runs is told to stop", reason: true },
];

const slice = 500;
const counted = 10000; // jobs of one request that only counts
const refusalsShown = 5;

/** Goes through all slices. */
async function walk(request: Record<string, unknown>, dryRun: boolean, each: (a: BulkAnswer) => void, isStopped: () => boolean) {
  let cursor: string | undefined;
  do {
    const a: BulkAnswer = await post<BulkAnswer>("api/bulk", { ...request, dryRun, limit: dryRun ? counted : slice, ...(cursor ? { cursor } : {}) });
    each(a);
    if (a.stopped) throw new ApiError(503, a.stopped.code, a.stopped.message, "");
    cursor = a.next;
  } while (cursor && !isStopped());
}

type Body = (f: Filter, allowed: readonly Status[]) => Record<string, unknown>;

interface BarProps {
  filter: Filter;
  body: Body;
  after: () => void;
  only?: string[];
  /** Nothing matches: there is nothing to press, but what was begun goes on. */
  quiet?: boolean;
}

export function BulkBar({ filter, body, after, only, quiet }: BarProps) {
  const [kind, setKind] = useState<Kind>();
  const wanted = statusesOf(filter);
  const fitting = kinds.filter((k) => (!only || only.includes(k.action)) && (wanted.length === 0 || wanted.some((s) => k.on.includes(s))));
  const everything = Object.keys(filter).length === 0;
  return (
    <div class={quiet ? "" : "bulk"}>
      {!quiet && <span class="faint">{everything ? "All jobs:" : "All that match:"}</span>}
      {!quiet &&
        fitting.map((k) => (
          <button key={k.action} class="small" onClick={() => setKind(k)}>
            {k.label}
          </button>
        ))}
      {!quiet && fitting.length === 0 && <span class="faint">nothing can be done with jobs that have ended so</span>}
      {kind && <Run kind={kind} filter={body(filter, kind.on)} onClose={() => setKind(undefined)} after={after} />}
    </div>
  );
}

interface State {
  phase: "asking" | "counting" | "counted" | "running" | "done";
  count: number;
  changed: number;
  refused: BulkAnswer["refused"];
  refusedCount: number;
  error?: ApiError;
}

function Run({ kind, filter, onClose, after }: { kind: Kind; filter: Record<string, unknown>; onClose: () => void; after: () => void }) {
  const [state, setState] = useState<State>({ phase: "asking", count: 0, changed: 0, refused: [], refusedCount: 0 });
  const [reason, setReason] = useState("");
  const [priority, setPriority] = useState("9");
  const stopped = useRef(false);
  const close = () => {
    stopped.current = true;
    if (state.changed) after();
    onClose();
  };

  const all = (dryRun: boolean, each: (a: BulkAnswer) => void) =>
    walk(
      {
        action: kind.action,
        filter,
        ...(kind.action === "change" ? { change: { priority: Number(priority) } } : {}),
        ...(kind.reason && reason && !dryRun ? { reason } : {}),
      },
      dryRun,
      each,
      () => stopped.current,
    );
  const failed = (e: unknown, phase: State["phase"]) =>
    setState((s) => ({ ...s, phase, error: e instanceof ApiError ? e : new ApiError(0, "page", String(e), "") }));

  const count = async () => {
    setState((s) => ({ ...s, phase: "counting", count: 0, error: undefined }));
    try {
      await all(true, (a) => setState((s) => ({ ...s, count: s.count + a.matched })));
      setState((s) => ({ ...s, phase: "counted" }));
    } catch (e) {
      failed(e, "asking");
    }
  };
  const run = async () => {
    setState((s) => ({ ...s, phase: "running", error: undefined }));
    let changed = 0;
    try {
      await all(false, (a) => {
        changed += a.changed;
        setState((s) => ({
          ...s,
          changed: s.changed + a.changed,
          refusedCount: s.refusedCount + a.refusedCount,
          refused: [...s.refused, ...a.refused].slice(0, refusalsShown),
        }));
      });
      setState((s) => ({ ...s, phase: "done" }));
      say(`${kind.label}: ${plural(changed, "job")}`);
    } catch (e) {
      failed(e, "counted");
    }
    after();
  };

  const shown = Object.entries(filter).map(([n, v]) => (n === "all" ? "all jobs" : `${n}:${Array.isArray(v) ? v.join(",") : String(v)}`));
  return (
    <Dialog title={`${kind.label}: all that match`} onClose={close}>
      <p>
        {shown.map((s) => (
          <span key={s} class="chip on">
            {s}
          </span>
        ))}
      </p>
      {(state.phase === "asking" || state.phase === "counting") && (
        <>
          {kind.action === "change" && (
            <label class="field">
              <span>Priority, 0 to 9</span>
              <input type="number" min={0} max={9} value={priority} onInput={(e) => setPriority(e.currentTarget.value)} />
            </label>
          )}
          {kind.reason && (
            <label class="field">
              <span>Reason, kept in the history (optional)</span>
              <input value={reason} maxLength={1024} onInput={(e) => setReason(e.currentTarget.value)} />
            </label>
          )}
        </>
      )}
      {state.phase === "counting" && <p role="status">counting … {plural(state.count, "job")} so far</p>}
      {state.phase === "counted" && (
        <p role="status">
          <strong>{plural(state.count, "job")}</strong> would be {kind.says}.
        </p>
      )}
      {(state.phase === "running" || state.phase === "done") && (
        <div role="status">
          <Meter value={state.changed + state.refusedCount} max={Math.max(state.count, 1)} />
          <p>
            {state.phase === "done" ? "Done: " : ""}
            {plural(state.changed, "job")} of {state.count}
            {state.refusedCount > 0 && `, ${state.refusedCount} refused`}
          </p>
        </div>
      )}
      {state.refused.length > 0 && (
        <ul class="refused">
          {state.refused.map((r) => (
            <li key={r.jobID}>
              <span class="mono">{r.jobID}</span> {r.error.message}
            </li>
          ))}
        </ul>
      )}
      <Failure error={state.error} />
      <div class="dialog-actions">
        <button onClick={close}>{state.phase === "done" ? "Close" : state.phase === "running" ? "Stop here" : "Do nothing"}</button>
        {(state.phase === "asking" || state.phase === "counting") && (
          <button class="primary" disabled={state.phase === "counting"} onClick={() => void count()}>
            Count
          </button>
        )}
        {state.phase === "counted" && (
          <button class={kind.tone ?? "primary"} disabled={state.count === 0} onClick={() => void run()}>
            {kind.label} {plural(state.count, "job")}
          </button>
        )}
      </div>
    </Dialog>
  );
}
