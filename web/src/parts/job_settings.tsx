/** The fields of a submit besides type and payload, as text. What is left empty is left out, so the defaults hold. */
import type { Job } from "../types";
import { problemAt } from "./schema_form";

export interface Settings {
  queue: string;
  priority: string;
  scheduleAt: string;
  timeout: string;
  maxRetries: string;
  tags: string;
  concurrencyKey: string;
  idempotencyKey: string;
  held: boolean;
}

/** Of a job that is cloned; its idempotency key and its times are its own. */
export function settingsOf(j: Job | undefined): Settings {
  return {
    queue: j?.queue ?? "",
    priority: j ? String(j.priority) : "",
    scheduleAt: "",
    timeout: j ? String(j.timeout) : "",
    maxRetries: j ? String(j.maxRetries) : "",
    tags: j?.tags.filter((t) => !t.startsWith("schedule:")).join(", ") ?? "",
    concurrencyKey: j?.concurrencyKey ?? "",
    idempotencyKey: "",
    held: false,
  };
}

/** A text that is no number goes as it is: the server says what is wrong with it. */
const numeric = (text: string) => (text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text);

export function settingsBody(s: Settings): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  if (s.queue) body.queue = s.queue;
  if (s.priority) body.priority = numeric(s.priority);
  if (s.scheduleAt) {
    const at = new Date(s.scheduleAt);
    body.scheduleAt = Number.isNaN(at.getTime()) ? s.scheduleAt : at.toISOString();
  }
  if (s.timeout) body.timeout = numeric(s.timeout);
  if (s.maxRetries) body.maxRetries = numeric(s.maxRetries);
  const tags = s.tags.split(",").map((t) => t.trim()).filter(Boolean);
  if (tags.length) body.tags = tags;
  if (s.concurrencyKey) body.concurrencyKey = s.concurrencyKey;
  if (s.idempotencyKey) body.idempotencyKey = s.idempotencyKey;
  if (s.held) body.held = true;
  return body;
}

type Texts = Exclude<keyof Settings, "held">;
const shown: [name: Texts, label: string, kind: string, placeholder: string, text: string][] = [
  ["queue", "Queue", "text", "default", ""],
  ["priority", "Priority", "number", "5", "0 to 9, 9 first"],
  ["scheduleAt", "Not before", "datetime-local", "", "in this browser's time; at once when empty"],
  ["timeout", "Timeout", "number", "300", "seconds of one attempt"],
  ["maxRetries", "Retries", "number", "3", "after the first attempt"],
  ["tags", "Tags", "text", "", "with commas between"],
  ["concurrencyKey", "Concurrency key", "text", "", "jobs with the same key share limits and take turns with others"],
  ["idempotencyKey", "Idempotency key", "text", "", "the same key is accepted once"],
];

export function JobSettings({ settings, problems, set }: { settings: Settings; problems: Record<string, string>; set: (s: Settings) => void }) {
  return (
    <div class="fields two">
      {shown.map(([name, label, kind, placeholder, text]) => {
        const problem = problemAt(problems, name);
        const id = `setting-${name}`;
        return (
          <div key={name} class="field">
            <label for={id}>{label}</label>
            <input
              id={id}
              type={kind}
              step={kind === "number" ? "any" : undefined}
              placeholder={placeholder}
              value={settings[name]}
              aria-invalid={problem !== undefined}
              aria-describedby={`${id}-text`}
              autocomplete="off"
              onInput={(e) => set({ ...settings, [name]: e.currentTarget.value })}
            />
            <small id={`${id}-text`}>
              {problem && (
                <span class="field-error" role="alert">
                  {problem}
                </span>
              )}
              {!problem && text}
            </small>
          </div>
        );
      })}
      <label class="check">
        <input type="checkbox" checked={settings.held} onChange={(e) => set({ ...settings, held: e.currentTarget.checked })} />
        Hold it: it does not start before it is released
      </label>
    </div>
  );
}
