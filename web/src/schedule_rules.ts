/** When a schedule fires, as the texts of a form, and as the REST interface takes it. Pure. */
import { localText, momentOf, numeric } from "./format";

export type RuleKind = "cron" | "every" | "at";

export interface Rules {
  kind: RuleKind;
  cron: string;
  timeZone: string;
  every: string;
  anchor: string;
  at: string;
  startAt: string;
  endAt: string;
  jitter: string;
  catchUp: string;
  catchUpMax: string;
  overlap: string;
  startWithin: string;
}

/** A schedule as it is told, as far as its rules go. */
export interface ToldRules {
  cron?: string;
  timeZone?: string;
  every?: number;
  anchor?: string;
  at?: string;
  startAt?: string;
  endAt?: string;
  jitter?: number;
  catchUp: string;
  catchUpMax?: number;
  overlap: string;
  startWithin?: number;
}

/** Of a schedule that is edited; of a new one: what holds when nothing is said. */
export function rulesOf(s: ToldRules | undefined, zone: string): Rules {
  const text = (n: number | undefined) => (n ? String(n) : "");
  return {
    kind: s?.every !== undefined ? "every" : s?.at !== undefined ? "at" : "cron",
    cron: s?.cron ?? "",
    timeZone: s ? (s.timeZone ?? "UTC") : zone,
    every: text(s?.every),
    anchor: localText(s?.anchor),
    at: localText(s?.at),
    startAt: localText(s?.startAt),
    endAt: localText(s?.endAt),
    jitter: text(s?.jitter),
    catchUp: s?.catchUp ?? "last",
    catchUpMax: text(s?.catchUpMax),
    overlap: s?.overlap ?? "allow",
    startWithin: text(s?.startWithin),
  };
}

/** What is empty is left out; what belongs to another kind of rule, too. */
export function rulesBody(r: Rules): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  if (r.kind === "cron") {
    body.cron = r.cron;
    if (r.timeZone && r.timeZone !== "UTC") body.timeZone = r.timeZone;
  } else if (r.kind === "every") {
    if (r.every) body.every = numeric(r.every);
    if (r.anchor) body.anchor = momentOf(r.anchor);
  } else if (r.at) body.at = momentOf(r.at);
  if (r.startAt) body.startAt = momentOf(r.startAt);
  if (r.endAt) body.endAt = momentOf(r.endAt);
  if (r.jitter) body.jitter = numeric(r.jitter);
  body.catchUp = r.catchUp;
  if (r.catchUp === "all" && r.catchUpMax) body.catchUpMax = numeric(r.catchUpMax);
  body.overlap = r.overlap;
  if (r.startWithin) body.startWithin = numeric(r.startWithin);
  return body;
}

/** Whether there is enough to ask when it would fire. */
export const isSaid = (r: Rules) => r[r.kind].trim() !== "";
