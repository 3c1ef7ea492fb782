/** Reports as the scheduler tells them; docs/reports.md says what they are. Pure. */
import type { JobReport, ReportRow } from "../../clients/typescript/src/types/index";

export type { JobReport, ReportRow, ReservationReport, TypeReservation } from "../../clients/typescript/src/types/index";

export const kinds = ["type", "queue", "tag", "tenant", "code"] as const satisfies readonly JobReport["by"][];
export type Kind = (typeof kinds)[number];

export const ranges = [7, 30, 90, 365] as const;

const dayMs = 86400000;

/** The first and the last day of a range that ends today, in UTC. */
export function rangeOf(days: number, now: number): { from: string; to: string } {
  const text = (at: number) => new Date(at).toISOString().slice(0, 10);
  return { from: text(now - (days - 1) * dayMs), to: text(now) };
}

export interface Day {
  day: string;
  completed: number;
  failed: number;
}

/** Every day of a report by day, also those on which nothing happened. */
export function daysOf(report: Pick<JobReport, "from" | "to"> & { rows: Pick<ReportRow, "name" | "completed" | "failed">[] }): Day[] {
  const rows = new Map(report.rows.map((r) => [r.name, r]));
  const days: Day[] = [];
  for (let at = Date.parse(report.from); at <= Date.parse(report.to); at += dayMs) {
    const day = new Date(at).toISOString().slice(0, 10);
    const row = rows.get(day);
    days.push({ day, completed: row?.completed ?? 0, failed: row?.failed ?? 0 });
  }
  return days;
}

/** Thousandths of a core, as cores. */
export const cores = (milli: number) => `${Number((milli / 1000).toFixed(2))}`;
