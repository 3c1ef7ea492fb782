/** The fields of a submit besides type and payload, as text. What is left empty is left out, so the defaults hold. */
import { momentOf, numeric } from "../format";
import type { Job } from "../types";
import { TextField } from "./field";
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
export type SettingName = keyof Settings;

type Source = Pick<Job, "queue" | "priority" | "timeout" | "maxRetries" | "tags" | "concurrencyKey">;

/** Of a job that is cloned; its idempotency key, its times and its hold are its own. */
export function settingsOf(j: Source | undefined): Settings {
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

export function settingsBody(s: Settings): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  if (s.queue) body.queue = s.queue;
  if (s.priority) body.priority = numeric(s.priority);
  if (s.scheduleAt) body.scheduleAt = momentOf(s.scheduleAt);
  if (s.timeout) body.timeout = numeric(s.timeout);
  if (s.maxRetries) body.maxRetries = numeric(s.maxRetries);
  const tags = s.tags.split(",").map((t) => t.trim()).filter(Boolean);
  if (tags.length) body.tags = tags;
  if (s.concurrencyKey) body.concurrencyKey = s.concurrencyKey;
  if (s.idempotencyKey) body.idempotencyKey = s.idempotencyKey;
  if (s.held) body.held = true;
  return body;
}

type Texts = Exclude<SettingName, "held">;
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

interface Props {
  settings: Settings;
  problems: Record<string, string>;
  set: (s: Settings) => void;
  without: readonly SettingName[];
}

export function JobSettings({ settings, problems, set, without }: Props) {
  const here = shown.filter(([name]) => !without.includes(name));
  return (
    <div class="fields two">
      {here.map(([name, label, kind, placeholder, text]) => (
        <TextField
          key={name}
          id={`setting-${name}`}
          label={label}
          type={kind}
          placeholder={placeholder}
          value={settings[name]}
          problem={problemAt(problems, name)}
          hint={text}
          set={(value) => set({ ...settings, [name]: value })}
        />
      ))}
      <label class="check">
        <input type="checkbox" checked={settings.held} onChange={(e) => set({ ...settings, held: e.currentTarget.checked })} />
        Hold it: it does not start before it is released
      </label>
    </div>
  );
}
