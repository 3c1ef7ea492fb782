/** Small parts that all pages share. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { ApiError } from "../api";
import { clockTime, fullTime, pretty, relative } from "../format";
import { href } from "../route";

export function StatusMark({ status, held }: { status: string; held?: boolean }) {
  return (
    <span class={`status s-${status}`}>
      <i aria-hidden="true" />
      {status}
      {held && <span class="flag">held</span>}
    </span>
  );
}

export const JobLink = ({ id }: { id: string }) => (
  <a class="mono" href={href(["jobs", id])}>
    {id}
  </a>
);

/** Where there is nothing to show. */
export const None = ({ text }: { text?: string }) => <span class="faint">{text ?? "–"}</span>;

/** `12 s ago`, with the whole time for whoever points at it. */
export function Ago({ at, now }: { at?: string; now: number }) {
  if (!at || at.startsWith("1970")) return <None />;
  return (
    <time dateTime={at} title={`${fullTime(at)} (this browser's time)`}>
      {relative(at, now)}
    </time>
  );
}

export const At = ({ at }: { at: string }) => (
  <time dateTime={at} title={fullTime(at)}>
    {clockTime(at)}
  </time>
);

export function Page({ title, note, actions, children }: { title: string; note?: ComponentChildren; actions?: ComponentChildren; children: ComponentChildren }) {
  useEffect(() => {
    document.title = `${title} · Callboard`;
  }, [title]);
  return (
    <div class="page">
      <header class="page-head">
        <div>
          <h1>{title}</h1>
          {note && <p class="note">{note}</p>}
        </div>
        {actions && <div class="actions">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

export function Panel({ title, aside, children, class: name = "" }: { title: string; aside?: ComponentChildren; children: ComponentChildren; class?: string }) {
  return (
    <section class={`panel ${name}`} aria-label={title}>
      <header>
        <h2>{title}</h2>
        {aside && <span class="aside">{aside}</span>}
      </header>
      {children}
    </section>
  );
}

/** A table with a title above it, where a page has several. */
export function Listed({ title, note, children }: { title: string; note?: ComponentChildren; children: ComponentChildren }) {
  return (
    <section class="listed" aria-label={title}>
      <h2>
        {title} {note && <small>{note}</small>}
      </h2>
      {children}
    </section>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}

/** What the server said, as it said it. */
export function Failure({ error, onRetry }: { error: ApiError | undefined; onRetry?: () => void }) {
  if (!error) return null;
  return (
    <div class="failure" role="alert">
      <p>
        {error.place && <code>{error.place} </code>}
        {error.message}
      </p>
      <p class="faint">
        <span class="mono">{error.code}</span>
        {error.status > 0 && ` · status ${error.status}`}
        {onRetry && (
          <>
            {" · "}
            <button class="link" onClick={onRetry}>
              try again
            </button>
          </>
        )}
      </p>
    </div>
  );
}

/** Rows of the height of what will be there, so that nothing jumps. */
export function Loading({ rows = 5 }: { rows?: number }) {
  return (
    <div class="loading" role="status" aria-label="loading">
      {Array.from({ length: rows }, (_, i) => (
        <i key={i} />
      ))}
    </div>
  );
}

/** @param value  of `max`; drawn as a bar, told as a text by whoever uses it */
export function Meter({ value, max, tone = "" }: { value: number; max: number; tone?: string }) {
  const width = max > 0 ? Math.min(100, (value / max) * 100) : 0;
  return (
    <span class="meter" aria-hidden="true">
      <i class={tone} style={{ width: `${width}%` }} />
    </span>
  );
}

export function Json({ value }: { value: unknown }) {
  const text = typeof value === "string" ? value : pretty(value);
  const [copied, setCopied] = useState(false);
  return (
    <div class="json">
      <pre tabIndex={0}>{text}</pre>
      {navigator.clipboard && (
        <button
          class="small"
          onClick={() => {
            void navigator.clipboard.writeText(text).then(() => setCopied(true));
            setTimeout(() => setCopied(false), 1500);
          }}
        >
          {copied ? "copied" : "copy"}
        </button>
      )}
    </div>
  );
}

/** A dialog of the browser: it keeps the focus inside, and Escape closes it. */
export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ComponentChildren }) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const d = box.current;
    const before = document.activeElement;
    d?.showModal();
    return () => {
      d?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={box}
      aria-label={title}
      onCancel={(e) => {
        e.preventDefault();
        onClose();
      }}
      onClick={(e) => {
        if (e.target === box.current) onClose();
      }}
    >
      <div class="dialog-body">
        <header>
          <h2>{title}</h2>
          <button class="ghost" aria-label="close" onClick={onClose}>
            ✕
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}

export function Facts({ of }: { of: [string, ComponentChildren][] }) {
  return (
    <dl class="facts">
      {of.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
