/** A workflow as somebody wrote it: what can be told without the scheduler, and its graph. Pure. */
import type { DrawnGraph } from "./types";

export interface Flaw {
  /** As the server names places: `jobs.report.dependencies[1]`. */
  place: string;
  text: string;
}
/** The members that there are, by the description of the REST interface. */
export interface Members {
  workflow: readonly string[];
  job: readonly string[];
}
export interface Checked {
  flaws: Flaw[];
  graph: DrawnGraph | undefined;
}

type Loose = Record<string, unknown>;
const isObject = (v: unknown): v is Loose => typeof v === "object" && v !== null && !Array.isArray(v);
const keyForm = /^(?!job_)[A-Za-z0-9._-]{1,64}$/;
type Condition = DrawnGraph["edges"][number]["on"];
const conditions: readonly Condition[] = ["success", "failure", "finished", "started"];

export function check(text: string, members: Members | undefined): Checked {
  const flaws: Flaw[] = [];
  const say = (place: string, what: string) => void flaws.push({ place, text: what });
  let whole: unknown;
  try {
    whole = JSON.parse(text);
  } catch (e) {
    return { flaws: [{ place: "", text: `This is not JSON: ${(e as Error).message}` }], graph: undefined };
  }
  if (!isObject(whole)) return { flaws: [{ place: "", text: "A workflow is an object with name and jobs." }], graph: undefined };
  unknown(whole, members?.workflow, "", say);
  if (typeof whole.name !== "string" || whole.name === "") say("name", "name is what people call it, and is required");
  if (!isObject(whole.jobs) || Object.keys(whole.jobs).length === 0) {
    say("jobs", "jobs is an object with at least one job, by its key");
    return { flaws, graph: undefined };
  }
  const jobs = whole.jobs;
  const graph: DrawnGraph = { nodes: [], edges: [], criticalPath: [] };
  for (const [key, job] of Object.entries(jobs)) {
    const at = `jobs.${key}`;
    if (!keyForm.test(key)) say(at, `a key has 1 to 64 letters, digits, dots, dashes and underscores, and does not begin with job_; not “${key}”`);
    graph.nodes.push({ key, status: "queued", note: isObject(job) && typeof job.jobType === "string" ? `${job.jobType}${job.forEach ? ", one per element" : ""}` : "no job" });
    if (!isObject(job)) {
      say(at, "a job is an object");
      continue;
    }
    unknown(job, members?.job, at, say);
    if (typeof job.jobType !== "string" || job.jobType === "") say(`${at}.jobType`, "jobType is required");
    for (const e of edgesOf(key, job, jobs, say)) graph.edges.push(e);
    references(job, at, say);
  }
  const circle = circleOf(graph);
  if (circle) say(`jobs.${circle[0]}.dependencies`, `these wait for each other: ${circle.join(" → ")}`);
  return { flaws, graph };
}

function unknown(of: Loose, known: readonly string[] | undefined, at: string, say: (place: string, what: string) => void) {
  if (!known) return;
  for (const name of Object.keys(of))
    if (!known.includes(name)) say(at ? `${at}.${name}` : name, `there is no member ${name}; there are ${known.join(", ")}`);
}

function edgesOf(key: string, job: Loose, jobs: Loose, say: (place: string, what: string) => void): DrawnGraph["edges"] {
  const out: DrawnGraph["edges"] = [];
  if (job.dependencies === undefined) return out;
  const at = `jobs.${key}.dependencies`;
  if (!Array.isArray(job.dependencies)) {
    say(at, "dependencies is an array of keys");
    return out;
  }
  job.dependencies.forEach((d: unknown, i) => {
    const here = `${at}[${i}]`;
    const from = isObject(d) ? d.id : d;
    const on = isObject(d) && d.on !== undefined ? d.on : "success";
    if (typeof from !== "string") return say(here, "a dependency is the key of a job, or an object with id and on");
    const condition = conditions.find((c) => c === on);
    if (!condition) say(`${here}.on`, `on is one of ${conditions.join(", ")}`);
    if (from.startsWith("job_")) return; // a job outside
    if (!Object.hasOwn(jobs, from)) return say(here, `there is no job “${from}” in this workflow`);
    if (out.some((e) => e.from === from)) return say(here, `“${from}” is there twice`);
    out.push({ from, to: key, on: condition ?? "success" });
  });
  return out;
}

/** Results that a payload takes are those of jobs that it waits for. */
function references(job: Loose, at: string, say: (place: string, what: string) => void) {
  const waits = new Set((Array.isArray(job.dependencies) ? job.dependencies : []).map((d: unknown) => (isObject(d) ? d.id : d)));
  const text = JSON.stringify([job.payload ?? null, job.forEach ?? null]);
  for (const found of new Set([...text.matchAll(/\$\{jobs\.([A-Za-z0-9._-]+?)\.result/g)].map((m) => m[1])))
    if (!waits.has(found)) say(`${at}.payload`, `it takes the result of “${found}”, and does not wait for it`);
}

/** Jobs that wait for each other, the first one at both ends; nothing: there are none. */
function circleOf(g: Pick<DrawnGraph, "nodes" | "edges">): string[] | undefined {
  const waits = new Map<string, string[]>(g.nodes.map((n) => [n.key, []]));
  for (const e of g.edges) waits.get(e.to)?.push(e.from);
  const done = new Set<string>();
  for (const { key } of g.nodes) {
    // Without recursion: a chain may be as long as a workflow.
    const path: { key: string; next: number }[] = [{ key, next: 0 }];
    const on = new Set([key]);
    if (done.has(key)) continue;
    while (path.length) {
      const top = path[path.length - 1] as { key: string; next: number };
      const next = waits.get(top.key)?.[top.next++];
      if (next === undefined) {
        done.add(top.key);
        on.delete(top.key);
        path.pop();
      } else if (on.has(next)) {
        const keys = path.map((p) => p.key);
        return [...keys.slice(keys.indexOf(next)), next];
      } else if (!done.has(next)) {
        path.push({ key: next, next: 0 });
        on.add(next);
      }
    }
  }
  return undefined;
}

/** Where in the text a place is, as far as its members are found one behind the other. */
export function positionOf(text: string, place: string): { from: number; to: number } | undefined {
  let from = 0;
  let found: { from: number; to: number } | undefined;
  // A key may hold dots: it is the longest name that is there.
  const names = place.replace(/\[\d+\]/g, "").split(".");
  for (let i = 0; i < names.length; ) {
    let taken = 0;
    for (let to = names.length; to > i && !taken; to--) {
      const name = JSON.stringify(names.slice(i, to).join("."));
      const at = text.indexOf(name, from);
      if (at < 0) continue;
      found = { from: at, to: at + name.length };
      from = found.to;
      taken = to - i;
    }
    if (!taken) break;
    i += taken;
  }
  return found;
}
