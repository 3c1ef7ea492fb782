/** Buttons that change something: they tell when it is under way, and what the server said when it was not done. */
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ApiError, encoded, post } from "../api";
import { Dialog, Failure } from "./ui";

interface Note {
  id: number;
  text: ComponentChildren;
  bad: boolean;
}
let notes: Note[] = [];
let last = 0;
let changed: (() => void) | undefined;

export function say(text: ComponentChildren, bad = false) {
  const id = ++last;
  notes = [...notes.slice(-3), { id, text, bad }];
  changed?.();
  setTimeout(() => drop(id), bad ? 9000 : 4000);
}
function drop(id: number) {
  notes = notes.filter((n) => n.id !== id);
  changed?.();
}
export const sayError = (e: unknown) =>
  say(e instanceof ApiError ? `${e.place ? `${e.place}: ` : ""}${e.message}` : String(e), true);

export function Notes() {
  const [, render] = useState(0);
  useEffect(() => {
    changed = () => render((n) => n + 1);
    return () => (changed = undefined);
  }, []);
  return (
    <div class="notes" aria-live="polite">
      {notes.map((n) => (
        <div key={n.id} class={n.bad ? "toast bad" : "toast"}>
          <span>{n.text}</span>
          <button class="ghost" aria-label="dismiss" onClick={() => drop(n.id)}>
            ✕
          </button>
        </div>
      ))}
    </div>
  );
}

interface ActionProps {
  label: string;
  run: () => Promise<unknown>;
  done?: ComponentChildren;
  after?: () => void;
  /** Asked before; a text that says what will happen. */
  confirm?: string;
  /** A reason may be given; it is passed on. */
  tone?: "primary" | "danger" | "";
  title?: string;
  disabled?: boolean;
  small?: boolean;
}

export function Action({ label, run, done, after, confirm, tone = "", title, disabled, small }: ActionProps) {
  const [busy, setBusy] = useState(false);
  const [asking, setAsking] = useState(false);
  const [error, setError] = useState<ApiError>();
  const act = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await run();
      setAsking(false);
      if (done) say(done);
    } catch (e) {
      if (asking && e instanceof ApiError) setError(e);
      else sayError(e);
    }
    setBusy(false);
    after?.();
  };
  return (
    <>
      <button class={`${tone} ${small ? "small" : ""}`} title={title} disabled={disabled || busy} onClick={() => (confirm ? setAsking(true) : void act())}>
        {label}
      </button>
      {asking && (
        <Dialog title={label} onClose={() => setAsking(false)}>
          <p>{confirm}</p>
          <Failure error={error} />
          <div class="dialog-actions">
            <button onClick={() => setAsking(false)}>Keep it</button>
            <button class={tone || "primary"} disabled={busy} onClick={() => void act()}>
              {label}
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}

/** Pauses what goes on, and lets go on what is paused. @param route  `queues`, `schedules` */
export function Pause({ of, route, after }: { of: { name: string; paused: boolean }; route: string; after: () => void }) {
  const act = of.paused ? "resume" : "pause";
  return (
    <Action
      small
      label={of.paused ? "Resume" : "Pause"}
      tone={of.paused ? "primary" : ""}
      run={() => post(`api/${route}/${encoded(of.name)}/${act}`)}
      done={of.paused ? `${of.name} goes on` : `${of.name} is paused`}
      after={after}
    />
  );
}
