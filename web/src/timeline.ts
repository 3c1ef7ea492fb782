/** From the history of a job to bars on one scale. Pure. */
import type { HistoryEntry, Status } from "./types";

export interface Span {
  status: Status;
  from: number;
  to: number;
  open: boolean;
  attempt: number;
  worker: string;
  reason: string;
}

const ended: readonly Status[] = ["completed", "failed", "cancelled"];

/** What the job was, from each entry to the next one; what it is now goes on until `now`. */
export function spans(history: HistoryEntry[], now: number): Span[] {
  return history.flatMap((h, i) => {
    if (ended.includes(h.status)) return [];
    const from = Date.parse(h.at);
    const next = history[i + 1];
    const to = next ? Date.parse(next.at) : Math.max(now, from);
    return [{ status: h.status, from, to, open: !next, attempt: h.attempt, worker: h.workerID ?? "", reason: next?.reason ?? "" }];
  });
}

export interface Lane {
  attempt: number;
  waits: Span[];
  run?: Span;
  outcome?: Status;
}

/** A lane per attempt: what it waited for, and its run. */
export function lanes(history: HistoryEntry[], now: number): Lane[] {
  const out: Lane[] = [];
  let waits: Span[] = [];
  let runs = 0;
  for (const s of spans(history, now)) {
    if (s.status !== "running") {
      waits.push(s);
      continue;
    }
    runs++;
    const end = history.find((h) => Date.parse(h.at) === s.to && h.attempt >= s.attempt && h.status !== "running");
    out.push({ attempt: s.attempt || runs, waits, run: s, outcome: s.open ? "running" : (end?.status ?? "failed") });
    waits = [];
  }
  if (waits.length) out.push({ attempt: (out[out.length - 1]?.attempt ?? 0) + 1, waits });
  return out;
}

/** Three to six round ticks from 0 to `ms`. */
export function ticks(ms: number): number[] {
  if (ms <= 0) return [0];
  const raw = ms / 4;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= raw) ?? 10 * power;
  const out = [];
  for (let t = 0; t <= ms; t += step) out.push(t);
  return out;
}
