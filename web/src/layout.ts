/** Places the jobs of a workflow in layers: each behind all that it waits for, near those. Pure. */
import type { DrawnGraph } from "./types";

export interface Placed {
  key: string;
  layer: number;
  row: number;
}

export interface Bend {
  key: string;
  from: string;
  to: string;
}

const rounds = 4;
const bendsMost = 2000;

export function layered(g: Pick<DrawnGraph, "nodes" | "edges">): { places: Placed[]; bends: Bend[] } {
  const before = new Map<string, string[]>(g.nodes.map((n) => [n.key, []]));
  const after = new Map<string, string[]>(g.nodes.map((n) => [n.key, []]));
  for (const e of g.edges) {
    if (!before.has(e.to) || !after.has(e.from)) continue; // a job outside of the workflow
    before.get(e.to)?.push(e.from);
    after.get(e.from)?.push(e.to);
  }
  const layer = new Map<string, number>();
  const open = new Map([...before].map(([key, list]) => [key, list.length]));
  let ready = g.nodes.filter((n) => open.get(n.key) === 0).map((n) => n.key);
  for (let depth = 0; ready.length; depth++) {
    const next: string[] = [];
    for (const key of ready) {
      layer.set(key, depth);
      for (const to of after.get(key) ?? []) {
        const left = (open.get(to) ?? 0) - 1;
        open.set(to, left);
        if (left === 0) next.push(to);
      }
    }
    ready = next;
  }
  // An edge over several layers has a bend in each, so that it goes between the jobs there and not behind them.
  const bends: Bend[] = [];
  const layers: string[][] = [];
  for (const n of g.nodes) (layers[layer.get(n.key) ?? 0] ??= []).push(n.key);
  for (const e of g.edges) {
    const from = layer.get(e.from);
    const to = layer.get(e.to);
    if (from === undefined || to === undefined) continue;
    let last = e.from;
    for (let l = from + 1; l < to && bends.length < bendsMost; l++) {
      const key = `${e.from} ${e.to} ${l}`; // no key of a job has a space
      bends.push({ key, from: e.from, to: e.to });
      layers[l]?.push(key);
      before.set(key, [last]);
      after.set(key, []);
      after.get(last)?.push(key);
      last = key;
    }
    if (last !== e.from) {
      after.get(last)?.push(e.to);
      before.get(e.to)?.push(last);
    }
  }

  // Fewer crossings: each goes to the middle of its neighbours, forth and back.
  for (let round = 0; round < rounds; round++) {
    const down = round % 2 === 0;
    const order = down ? layers : [...layers].reverse();
    const neighbours = down ? before : after;
    const row = new Map<string, number>();
    for (const l of layers) l.forEach((key, i) => row.set(key, i - (l.length - 1) / 2));
    for (const l of order) {
      const middle = (key: string) => {
        const rows = (neighbours.get(key) ?? []).map((n) => row.get(n) ?? 0);
        return rows.length ? rows.reduce((a, b) => a + b, 0) / rows.length : (row.get(key) ?? 0);
      };
      const middles = new Map(l.map((key) => [key, middle(key)]));
      l.sort((a, b) => (middles.get(a) ?? 0) - (middles.get(b) ?? 0));
      l.forEach((key, i) => row.set(key, i - (l.length - 1) / 2));
    }
  }
  const places = layers.flatMap((l, depth) => l.map((key, i) => ({ key, layer: depth, row: i - (l.length - 1) / 2 })));
  return { places, bends };
}
