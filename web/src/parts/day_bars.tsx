/** Jobs that ended, a bar for each day. */
import { niceTop, number } from "../format";
import type { Day } from "../reports";

const width = 600;
const height = 120;
const room = height - 6;

export function DayBars({ days }: { days: Day[] }) {
  const top = niceTop(Math.max(1, ...days.map((d) => d.completed + d.failed)));
  const total = days.reduce((sum, d) => sum + d.completed + d.failed, 0);
  const step = width / Math.max(1, days.length);
  const gap = Math.min(2, step / 4);
  return (
    <figure class="bars">
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label={`${number(total)} jobs ended in ${number(days.length)} days`}>
        {[0.5, 1].map((f) => (
          <line key={f} class="grid" x1={0} x2={width} y1={height - f * room} y2={height - f * room} />
        ))}
        {days.map((d, i) => {
          const good = (d.completed / top) * room;
          const bad = (d.failed / top) * room;
          return (
            <g key={d.day}>
              <title>{`${d.day}: ${number(d.completed)} completed, ${number(d.failed)} failed`}</title>
              <rect class="good" x={i * step + gap / 2} width={step - gap} y={height - Math.max(good, 1)} height={Math.max(good, 1)} />
              {bad > 0 && <rect class="bad" x={i * step + gap / 2} width={step - gap} y={height - good - bad} height={bad} />}
            </g>
          );
        })}
      </svg>
      <figcaption aria-hidden="true">
        <span class="top">{number(top)}</span>
        <span class="left">{days[0]?.day}</span>
        <span class="right">{days[days.length - 1]?.day}</span>
      </figcaption>
    </figure>
  );
}
