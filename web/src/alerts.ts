/** Alerts as the scheduler tells them; docs/alerts.md has all of them. Pure. */
import type { AlertState, QueueObjectiveState as Objective } from "../../clients/typescript/src/types/index";

export type { Alert, Alerts, AlertState, QueueObjectiveState as Objective, Silence } from "../../clients/typescript/src/types/index";

export const alertStates = ["firing", "pending", "resolved"] as const satisfies readonly AlertState[];

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
