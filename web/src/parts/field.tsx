/** One field of a form: its label, what is wrong with it, or else what it is for. */
import type { ComponentChildren } from "preact";

interface Shared {
  id: string;
  label: string;
  value: string;
  set: (text: string) => void;
  problem?: string;
  hint?: ComponentChildren;
}

interface TextProps extends Shared {
  type?: string;
  placeholder?: string;
  list?: string;
  mono?: boolean;
  required?: boolean;
}

function Under({ id, problem, hint }: { id: string; problem?: string; hint?: ComponentChildren }) {
  return (
    <small id={`${id}-text`}>
      {problem && (
        <span class="field-error" role="alert">
          {problem}
        </span>
      )}
      {!problem && hint}
    </small>
  );
}

export function TextField({ id, label, value, set, problem, hint, type = "text", placeholder, list, mono, required }: TextProps) {
  return (
    <div class="field">
      <label for={id}>
        {label}
        {required && <span class="needed"> required</span>}
      </label>
      <input
        id={id}
        class={mono ? "mono" : undefined}
        type={type}
        step={type === "number" ? "any" : type === "datetime-local" ? "1" : undefined}
        placeholder={placeholder}
        list={list}
        value={value}
        required={required}
        aria-invalid={problem !== undefined}
        aria-describedby={`${id}-text`}
        autocomplete="off"
        spellcheck={false}
        onInput={(e) => set(e.currentTarget.value)}
      />
      <Under id={id} problem={problem} hint={hint} />
    </div>
  );
}

export function ChoiceField({ id, label, value, set, problem, hint, of }: Shared & { of: readonly (readonly [value: string, text: string])[] }) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={value} aria-invalid={problem !== undefined} aria-describedby={`${id}-text`} onChange={(e) => set(e.currentTarget.value)}>
        {of.map(([v, text]) => (
          <option key={v} value={v}>
            {text}
          </option>
        ))}
      </select>
      <Under id={id} problem={problem} hint={hint} />
    </div>
  );
}
