/** Finished jobs per second of the last minute, kept in the page while it is open. */
import { useEffect, useState } from "preact/hooks";
import { get } from "../api";
import { niceTop, number } from "../format";
import { useLive } from "../live";
import type { JobMetrics } from "../types";

export interface Second {
  done: number;
  failed: number;
}
const kept = 60;
let series: (Second | null)[] = Array.from({ length: kept }, () => null);
let before: { at: number; completed: number; failed: number; since: string } | undefined;

/** Takes what the counters say at a moment; what came since the last time is spread over the seconds between. */
export function take(at: string, since: string, completed: number, failed: number) {
  const now = Math.floor(Date.parse(at) / 1000);
  if (before && before.since === since && now > before.at) {
    const seconds = Math.min(now - before.at, kept);
    const fresh = { done: Math.max(0, completed - before.completed) / seconds, failed: Math.max(0, failed - before.failed) / seconds };
    series = [...series, ...Array.from({ length: seconds }, () => fresh)].slice(-kept);
  } else if (before && before.since === since) {
    return;
  }
  before = { at: now, completed, failed, since };
}

export const minute = () => series;

const width = 600;
const height = 120;

export function Bars({ seconds }: { seconds: (Second | null)[] }) {
  const most = Math.max(1, ...seconds.map((s) => (s ? s.done + s.failed : 0)));
  const top = niceTop(most);
  const total = seconds.reduce((sum, s) => sum + (s ? s.done + s.failed : 0), 0);
  const step = width / kept;
  return (
    <figure class="bars">
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label={`${number(Math.round(total))} jobs ended in the last minute`}>
        {[0.5, 1].map((f) => (
          <line key={f} class="grid" x1={0} x2={width} y1={height - f * (height - 6)} y2={height - f * (height - 6)} />
        ))}
        {seconds.map((s, i) => {
          if (!s) return <rect key={i} class="unknown" x={i * step + 1} width={step - 2} y={height - 2} height={2} />;
          const good = (s.done / top) * (height - 6);
          const bad = (s.failed / top) * (height - 6);
          return (
            <g key={i}>
              <rect class="good" x={i * step + 1} width={step - 2} y={height - Math.max(good, 1)} height={Math.max(good, 1)} />
              {bad > 0 && <rect class="bad" x={i * step + 1} width={step - 2} y={height - good - bad} height={bad} />}
            </g>
          );
        })}
      </svg>
      <figcaption aria-hidden="true">
        <span class="top">{number(top)}/s</span>
        <span class="left">60 s ago</span>
        {seconds.some((s) => s === null) && <span>counted since this page was opened</span>}
        <span class="right">now</span>
      </figcaption>
    </figure>
  );
}

/** Keeps the series going while another page is shown. */
export function Feed() {
  useFeed(useLive("feed", () => get<JobMetrics>("api/metrics/jobs")).data);
  return null;
}

/** Feeds the series with what a page has asked for. */
export function useFeed(metrics: { takenAt: string; startedAt: string; completed: number; failed: number } | undefined) {
  useEffect(() => {
    if (metrics) take(metrics.takenAt, metrics.startedAt, metrics.completed, metrics.failed);
  }, [metrics]);
  const [, render] = useState(0);
  useEffect(() => {
    if (metrics) render((n) => n + 1);
  }, [metrics]);
}
