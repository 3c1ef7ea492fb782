import { duration, fullTime } from "../format";
import { lanes, ticks, type Span } from "../timeline";
import type { HistoryEntry } from "../types";

const lanesShown = 40;

/** The attempts of a job, drawn to scale. */
export function Timeline({ history, now }: { history: HistoryEntry[]; now: number }) {
  const all = lanes(history, now);
  if (all.length === 0) return <p class="faint pad">It has not waited or run yet.</p>;
  const from = Date.parse(history[0]?.at ?? "");
  const last = history[history.length - 1];
  const to = Math.max(...all.map((l) => (l.run ?? l.waits[l.waits.length - 1])?.to ?? from), last ? Date.parse(last.at) : from);
  const length = Math.max(to - from, 1);
  const place = (s: Span) => ({ left: `min(${((s.from - from) / length) * 100}%, calc(100% - 4px))`, width: `${((s.to - s.from) / length) * 100}%` });
  const shown = all.slice(-lanesShown);
  return (
    <div class="timeline">
      {all.length > shown.length && <p class="faint">the last {lanesShown} of {all.length} attempts</p>}
      <ol>
        {shown.map((l) => {
          const wait = l.waits.reduce((ms, s) => ms + s.to - s.from, 0);
          const ran = l.run ? l.run.to - l.run.from : 0;
          return (
            <li key={l.attempt}>
              <span class="lane-name">{l.run ? `attempt ${l.attempt}` : "waits"}</span>
              <span class="lane">
                {l.waits.map((s) => (
                  <i key={s.from} class={`wait m-${s.status}`} style={place(s)} title={`${s.status} ${duration(s.to - s.from)} from ${fullTime(new Date(s.from).toISOString())}`} />
                ))}
                {l.run && <i class={`run m-${l.outcome}`} style={place(l.run)} title={`ran ${duration(ran)} on ${l.run.worker}${l.run.reason ? `: ${l.run.reason}` : ""}`} />}
              </span>
              <span class="lane-text">
                {wait > 0 && <span class="faint">waited {duration(wait)}</span>}
                {l.run && (
                  <>
                    {wait > 0 && ", "}ran {duration(ran)}
                    {l.run.worker && <span class="faint"> on {l.run.worker}</span>}
                  </>
                )}
              </span>
            </li>
          );
        })}
      </ol>
      <div class="axis" aria-hidden="true">
        {ticks(length).map((t) => (
          <span key={t} style={{ left: `${(t / length) * 100}%` }}>
            {t === 0 ? "0" : duration(t)}
          </span>
        ))}
      </div>
    </div>
  );
}
