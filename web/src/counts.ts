/** How many jobs of each status a filter finds. */
import { get, query } from "./api";
import type { Filter, FilterName } from "./filter";
import { type JobCounts, liveStatuses, type Status } from "./types";

/** At least so many when `more`. */
export interface Count {
  n: number;
  more: boolean;
}
export type Counts = Partial<Record<Status, Count>>;

const byIndex: readonly FilterName[] = ["type", "queue", "tag", "workflow", "key"];

/** Whether the scheduler finds all of these jobs without looking at others: then nobody need ask for their numbers. */
export const isIndexed = (f: Filter) => f.held === "true" || byIndex.some((name) => f[name] !== undefined);

/** One request, or, when it could not count all, one more for each status that has an index of its own. `found` is
 * called with what is known so far. Completed jobs that no index finds are not counted: that would look at all jobs. */
export async function countByStatus(filter: Filter, found: (counts: Counts) => void): Promise<void> {
  const ask = (status?: string) => get<JobCounts>(`api/jobs/counts${query({ ...filter, status })}`);
  const some = (answer: JobCounts, of: readonly Status[]): Counts =>
    Object.fromEntries(of.map((s) => [s, { n: answer.byStatus[s], more: !answer.complete }]));
  if (isIndexed(filter)) {
    const all = await ask();
    found(some(all, Object.keys(all.byStatus) as Status[]));
    if (all.complete) return;
  }
  for (const group of [liveStatuses, ["failed"], ["cancelled"]] as const) found(some(await ask(group.join(",")), group));
}
