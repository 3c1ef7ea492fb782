/** Webhooks as the scheduler tells them; docs/webhooks.md says what they are. Pure. */
import type { Webhook, WebhookDefinition } from "../../clients/typescript/src/types/index";

export type { Webhook, WebhookDefinition, WebhookDeliveries, WebhookDelivery, Webhooks as WebhookList } from "../../clients/typescript/src/types/index";

/** What a form about a webhook holds: everything as text. */
export interface WebhookText {
  name: string;
  url: string;
  kinds: string;
  queue: string;
  type: string;
  headers: string;
  retries: string;
  /** Empty: it stays as it is. */
  secret: string;
  /** It is to have none any more. */
  unsigned: boolean;
}

const headerLines = (headers: Record<string, string>) =>
  Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join("\n");

export function textOf(w: Webhook | undefined): WebhookText {
  return {
    name: w?.name ?? "",
    url: w?.url ?? "",
    kinds: w?.filter.kinds.join(", ") ?? "job.failed",
    queue: w?.filter.queue ?? "",
    type: w?.filter.type ?? "",
    headers: headerLines(w?.headers ?? {}),
    retries: w?.retryCount === undefined ? "" : String(w.retryCount),
    secret: "",
    unsigned: false,
  };
}

/** Of lines `NAME: VALUE`. Undefined: one of them is none. */
export function headersOf(text: string): Record<string, string> | undefined {
  const out: Record<string, string> = {};
  for (const line of text.split("\n")) {
    if (!line.trim()) continue;
    const colon = line.indexOf(":");
    if (colon < 1) return undefined;
    out[line.slice(0, colon).trim()] = line.slice(colon + 1).trim();
  }
  return out;
}

/** What is sent for it. What the form does not have (a workflow, a worker) stays as it was. */
export function definitionOf(t: WebhookText, before: Webhook | undefined): WebhookDefinition {
  const kinds = t.kinds.split(/[\s,]+/).filter(Boolean);
  const retries = t.retries.trim();
  return {
    name: t.name,
    url: t.url.trim(),
    filter: {
      kinds,
      ...(t.queue ? { queue: t.queue } : {}),
      ...(t.type ? { type: t.type } : {}),
      ...(before?.filter.workflow ? { workflow: before.filter.workflow } : {}),
      ...(before?.filter.worker ? { worker: before.filter.worker } : {}),
    },
    headers: headersOf(t.headers) ?? {},
    enabled: before?.enabled ?? true,
    ...(retries ? { retryCount: Number(retries) } : {}),
    ...(t.unsigned ? { secret: null } : t.secret ? { secret: t.secret } : {}),
  };
}

/** `job.failed, alert of queue mail` */
export function wantsText(w: Webhook): string {
  const f = w.filter;
  const rest = [f.queue && `queue ${f.queue}`, f.type && `type ${f.type}`, f.workflow && `workflow ${f.workflow}`, f.worker && `worker ${f.worker}`].filter(Boolean);
  return f.kinds.join(", ") + (rest.length > 0 ? ` of ${rest.join(", ")}` : "");
}
