/** The filter of a list of jobs: as the words of the search line, as chips, as the query of the REST interface. Pure. */
import { type Status, statuses } from "./types";

export const names = ["status", "type", "queue", "tag", "workflow", "held", "priority", "key", "from", "to"] as const;
export type FilterName = (typeof names)[number];
export type Filter = Partial<Record<FilterName, string>>;

export function fromQuery(q: URLSearchParams): Filter {
  const filter: Filter = {};
  for (const name of names) {
    const value = q.get(name);
    if (value) filter[name] = value;
  }
  return filter;
}

export const statusesOf = (f: Filter): Status[] => statuses.filter((s) => (f.status ?? "").split(",").includes(s));

/** One more or one less of the statuses. */
export function toggled(f: Filter, status: Status): Filter {
  const now = statusesOf(f);
  const next = now.includes(status) ? now.filter((s) => s !== status) : statuses.filter((s) => s === status || now.includes(s));
  const { status: _, ...rest } = f;
  return next.length ? { ...rest, status: next.join(",") } : rest;
}

export type Words = { job: string } | { filter: Filter } | { problem: string };

/** What somebody typed: `type:exec queue:"eu mail"`, a status, an id of a job or a workflow. */
export function read(text: string, base: Filter): Words {
  const filter: Filter = { ...base };
  for (const word of text.match(/[^\s":]+:"[^"]*"|\S+/g) ?? []) {
    if (/^job_[0-9a-z]{13}$/.test(word)) return { job: word };
    if (/^w-[0-9a-z]{26}$/.test(word)) {
      filter.workflow = word;
      continue;
    }
    const at = word.indexOf(":");
    if (at < 0) {
      const status = statuses.find((s) => s === word.toLowerCase());
      if (status) filter.status = [...new Set([...statusesOf(filter), status])].join(",");
      else if (word === "held") filter.held = "true";
      else return { problem: `“${word}” is neither a status nor an id. Write type:${word}, queue:${word} or tag:${word}.` };
      continue;
    }
    const name = names.find((n) => n === word.slice(0, at));
    const value = word.slice(at + 1).replace(/^"|"$/g, "");
    if (!name) return { problem: `There is no filter “${word.slice(0, at)}”; there are ${names.join(", ")}.` };
    if (!value) return { problem: `${name}: needs a value.` };
    filter[name] = value;
  }
  return { filter };
}

/** For POST /api/bulk: the same filter as a body. */
export function asBody(f: Filter, allowed: readonly Status[]): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  for (const name of names) {
    const value = f[name];
    if (value === undefined) continue;
    if (name === "status") body.status = statusesOf(f).filter((s) => allowed.includes(s));
    else if (name === "priority") body.priority = Number(value);
    else if (name === "held") body.held = value === "true";
    else body[name] = value;
  }
  return Object.keys(body).length ? body : { all: true };
}
