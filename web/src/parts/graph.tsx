import { duration } from "../format";
import { layered } from "../layout";
import { go, href } from "../route";
import type { DrawnGraph, DrawnNode } from "../types";

const box = { width: 168, height: 44 };
const gap = { x: 52, y: 16 };
const drawnMost = 400;
const fitsMost = 1350; // pixels; a wider one is not made smaller but scrolls

function curve(stops: { x: number; y: number }[]): string {
  return stops
    .map((s, i) => {
      const last = stops[i - 1];
      if (!last) return `M${s.x},${s.y}`;
      if (last.y === s.y) return `L${s.x},${s.y}`;
      const bend = Math.max(20, (s.x - last.x) / 2);
      return `C${last.x + bend},${last.y} ${s.x - bend},${s.y} ${s.x},${s.y}`;
    })
    .join(" ");
}

/** What waits for what, from left to right; the chain that takes longest is drawn strongly. */
export function GraphView({ graph }: { graph: DrawnGraph }) {
  if (graph.nodes.length > drawnMost) return <p class="faint pad">{graph.nodes.length} jobs are too many to draw; the list has all of them.</p>;
  const { places, bends } = layered(graph);
  const rows = places.map((p) => p.row);
  const top = Math.min(...rows);
  const at = new Map(places.map((p) => [p.key, { x: 4 + p.layer * (box.width + gap.x), y: 4 + (p.row - top) * (box.height + gap.y) }]));
  const width = 8 + (Math.max(...places.map((p) => p.layer)) + 1) * (box.width + gap.x) - gap.x;
  const height = 8 + (Math.max(...rows) - top) * (box.height + gap.y) + box.height;
  const critical = new Set(graph.criticalPath.map((key, i) => `${graph.criticalPath[i - 1]} ${key}`));
  return (
    <div class="graph" tabIndex={0} role="group" aria-label={`graph of ${graph.nodes.length} jobs`}>
      <svg class={width <= fitsMost ? "fits" : ""} width={width} height={height} viewBox={`0 0 ${width} ${height}`}>
        {graph.edges.map((e) => {
          const a = at.get(e.from);
          const b = at.get(e.to);
          if (!a || !b) return null;
          const [x1, y1, x2, y2] = [a.x + box.width, a.y + box.height / 2, b.x, b.y + box.height / 2];
          const through = bends.filter((w) => w.from === e.from && w.to === e.to).map((w) => at.get(w.key));
          const stops = [{ x: x1, y: y1 }, ...through.flatMap((w) => (w ? [{ x: w.x, y: w.y + box.height / 2 }, { x: w.x + box.width, y: w.y + box.height / 2 }] : [])), { x: x2, y: y2 }];
          return (
            <g key={`${e.from} ${e.to}`} class={`edge ${critical.has(`${e.from} ${e.to}`) ? "critical" : ""} ${e.on !== "success" ? "other" : ""}`}>
              <path d={curve(stops)}>
                <title>{`${e.to} waits for ${e.from}: ${e.on}`}</title>
              </path>
              {e.on !== "success" && (
                <text x={(x1 + x2) / 2} y={(y1 + y2) / 2 - 5}>
                  {e.on}
                </text>
              )}
            </g>
          );
        })}
        {graph.nodes.map((n) => {
          const p = at.get(n.key);
          return p && <Node key={n.key} node={n} x={p.x} y={p.y} critical={graph.criticalPath.includes(n.key)} />;
        })}
      </svg>
    </div>
  );
}

function Node({ node: n, x, y, critical }: { node: DrawnNode; x: number; y: number; critical: boolean }) {
  const name = n.key.length > 20 ? `${n.key.slice(0, 19)}…` : n.key;
  const under = n.note ?? `${n.status}${n.elements ? ` · ${n.elements.total} elements` : ""}${n.duration !== undefined ? ` · ${duration(n.duration * 1000)}` : ""}`;
  const to = n.id ? href(["jobs", n.id]) : undefined;
  const drawn = (
    <>
      <title>{`${n.key}: ${under}`}</title>
      <rect width={box.width} height={box.height} rx={6} />
      <rect class={`m-${n.status} edge-mark`} width={5} height={box.height} rx={2.5} />
      <text class="node-name" x={16} y={18}>
        {name}
      </text>
      <text class="node-under" x={16} y={34}>
        {under}
      </text>
    </>
  );
  const shared = { class: `node ${critical ? "critical" : ""}`, transform: `translate(${x},${y})` };
  return to ? (
    <a
      href={to}
      {...shared}
      aria-label={`${n.key}: ${under}`}
      onClick={(e) => {
        e.preventDefault();
        go(to);
      }}
    >
      {drawn}
    </a>
  ) : (
    <g {...shared}>{drawn}</g>
  );
}
