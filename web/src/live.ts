/** What is shown is asked for again every two seconds, and sooner when the scheduler tells of a change. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ApiError, get } from "./api";

export const refreshMs = 2000;

const listeners = new Set<() => void>();
let paused = false;

export const isPaused = () => paused;
export function setPaused(to: boolean) {
  paused = to;
  listeners.forEach((tell) => tell());
}

/** Re-renders when refreshing is paused or goes on. */
export function usePaused(): boolean {
  const [value, setValue] = useState(paused);
  useEffect(() => {
    const changed = () => setValue(paused);
    listeners.add(changed);
    return () => void listeners.delete(changed);
  }, []);
  return value;
}

const hints = new Set<() => void>();
let hinted = 0;

// -- events of the scheduler: each is a hint to look again soon

const kinds: Record<string, string[]> = {
  job: ["created", "scheduled", "started", "progress", "retrying", "completed", "failed", "cancelled", "held", "released", "changed"],
  worker: ["joined", "ready", "suspect", "draining", "left", "lost"],
  queue: ["changed", "paused", "resumed"],
  type: ["changed"],
  key: ["changed"],
  schedule: ["created", "changed", "removed", "fired"],
  template: ["changed", "removed"],
  alert: ["fired", "resolved"],
  scheduler: ["recovered", "draining"],
};
/** Without those of jobs: a busy scheduler has thousands a second, and the lists are asked for anyway. */
const usual = `kind=${Object.keys(kinds).filter((k) => k !== "job").join(",")}`;

let available = false;
let wanted = usual;
let source: EventSource | undefined;

/** One stream at a time, and none while nobody looks: a browser has six connections for all of its tabs. */
function follow() {
  source?.close();
  source = undefined;
  if (!available || document.hidden) return;
  source = new EventSource(`api/events?${wanted}`);
  source.addEventListener("reset", hint);
  for (const [family, names] of Object.entries(kinds)) for (const name of names) source.addEventListener(`${family}.${name}`, hint);
}

/** Where the scheduler has Server-Sent Events. */
export async function listenToEvents() {
  const index = await get<{ endpoints: string[] }>("api").catch(() => null);
  available = index?.endpoints.includes("GET /api/events") ?? false;
  document.addEventListener("visibilitychange", follow);
  follow();
}

/** While the view is there, these events are followed in place of the usual ones. */
export function useEvents(query: string) {
  useEffect(() => {
    wanted = query;
    follow();
    return () => {
      wanted = usual;
      follow();
    };
  }, [query]);
}

function hint() {
  if (hinted || paused || document.hidden) return;
  hinted = window.setTimeout(() => {
    hinted = 0;
    hints.forEach((look) => look());
  }, 250);
}

export interface Live<T> {
  data: T | undefined;
  error: ApiError | undefined;
  again: () => void;
}

/** Asks now, when `key` changes, and then regularly. What was shown stays until the next answer is there. */
export function useLive<T>(key: string, load: () => Promise<T>, everyMs = refreshMs): Live<T> {
  const [state, setState] = useState<{ key: string; data?: T; error?: ApiError }>({ key });
  const loader = useRef(load);
  loader.current = load;
  const [round, setRound] = useState(0);

  useEffect(() => {
    let stopped = false;
    let timer = 0;
    let busy = false;
    const look = async () => {
      if (busy) return;
      busy = true;
      clearTimeout(timer);
      try {
        const data = await loader.current();
        if (!stopped) setState({ key, data });
      } catch (e) {
        const error = e instanceof ApiError ? e : new ApiError(0, "page", String(e), "");
        if (!stopped) setState((old) => ({ key, data: old.key === key ? old.data : undefined, error }));
      }
      busy = false;
      if (!stopped) timer = window.setTimeout(tick, everyMs);
    };
    const tick = () => {
      if (paused || document.hidden) timer = window.setTimeout(tick, 500);
      else void look();
    };
    const seen = () => {
      if (!document.hidden && !paused) void look();
    };
    void look();
    hints.add(look);
    document.addEventListener("visibilitychange", seen);
    return () => {
      stopped = true;
      clearTimeout(timer);
      hints.delete(look);
      document.removeEventListener("visibilitychange", seen);
    };
  }, [key, round, everyMs]);

  const again = useCallback(() => setRound((n) => n + 1), []);
  const current = state.key === key;
  return { data: current ? state.data : undefined, error: current ? state.error : undefined, again };
}

/** The time of now, once a second. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
