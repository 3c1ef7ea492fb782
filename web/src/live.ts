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

/** Server-Sent Events where the scheduler has them: each is a hint to look again soon. */
export async function listenToEvents() {
  const index = await get<{ endpoints: string[] }>("api").catch(() => null);
  if (!index?.endpoints.includes("GET /api/events")) return;
  const source = new EventSource("api/events");
  source.onmessage = hint;
  for (const kind of ["job", "workflow", "worker", "queue", "schedule"]) source.addEventListener(kind, hint);
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
