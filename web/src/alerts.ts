/** Alerts as the scheduler tells them; docs/alerts.md has all of them. Pure. */
export const alertStates = ["firing", "pending", "resolved"] as const;
export type AlertState = (typeof alertStates)[number];

export interface Alert {
  id: string;
  rule: string;
  target: string;
  severity: "critical" | "warning" | "info";
  state: AlertState;
  since: string;
  firedAt: string | null;
  resolvedAt: string | null;
  value: number;
  threshold: number;
  unit: string;
  summary: string;
  advice: string;
  ack: { by: string; at: string; comment: string } | null;
  silence: string | null;
  notified: boolean;
}
export interface Objective {
  queue: string;
  objective: "wait" | "success";
  share: number;
  waitSeconds: number | null;
  windowSeconds: number;
  burnRates: Record<"5m" | "30m" | "1h" | "6h", number>;
}
export interface Alerts {
  alerts: Alert[];
  count: number;
  objectives: Objective[];
  enabled: boolean;
  evaluatedAt: string | null;
}
export interface Silence {
  id: string;
  rule: string | null;
  target: string | null;
  until: string;
  createdAt: string;
  by: string;
  comment: string;
}

/** Where what the alert is about can be looked at. */
export function placeOf(target: string): { path: string[]; query: Record<string, string> } | undefined {
  const at = target.indexOf("/");
  const name = target.slice(at + 1);
  switch (target.slice(0, Math.max(0, at))) {
    case "queue":
      return { path: ["jobs"], query: { queue: name } };
    case "type":
      return { path: ["jobs"], query: { type: name } };
  }
  return undefined;
}

/** `99.9 % of the jobs succeed` */
export function objectiveText(o: Objective): string {
  const share = `${Number((o.share * 100).toFixed(4))} %`;
  return o.objective === "success" ? `${share} of the jobs succeed` : `${share} of the jobs start within ${o.waitSeconds ?? 0} s`;
}

/** The rule as words: `queue_waits` reads `queue waits`. */
export const ruleText = (rule: string) => rule.replaceAll("_", " ");
