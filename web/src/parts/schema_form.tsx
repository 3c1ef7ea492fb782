import type { Field } from "../schema";

interface Props {
  list: Field[];
  texts: Record<string, string>;
  /** By path, as the server names them: `payload.to`, `payload.argv[0]`. */
  problems: Record<string, string>;
  set: (name: string, text: string) => void;
}

export function problemAt(problems: Record<string, string>, path: string): string | undefined {
  const inside = Object.entries(problems).find(([p]) => p === path || p.startsWith(`${path}.`) || p.startsWith(`${path}[`));
  return inside?.[1];
}

const hints: Partial<Record<Field["kind"], string>> = { list: "one per line", json: "as JSON" };

export function SchemaForm({ list, texts, problems, set }: Props) {
  return (
    <div class="fields">
      {list.map((f) => {
        const problem = problemAt(problems, `payload.${f.name}`);
        const id = `payload-${f.name}`;
        const shared = {
          id,
          value: texts[f.name] ?? "",
          "aria-invalid": problem !== undefined,
          "aria-describedby": `${id}-text`,
          required: f.required,
          spellcheck: false,
          onInput: (e: { currentTarget: { value: string } }) => set(f.name, e.currentTarget.value),
        };
        return (
          <div key={f.name} class="field">
            <label for={id}>
              {f.name}
              {f.required && <span class="needed"> required</span>}
              {hints[f.kind] && <span class="faint"> {hints[f.kind]}</span>}
            </label>
            {f.kind === "choice" || f.kind === "boolean" ? (
              <select {...shared}>
                <option value="">–</option>
                {(f.kind === "boolean" ? [true, false] : (f.schema.enum ?? []).filter((v) => v !== null)).map((v) => (
                  <option key={String(v)} value={JSON.stringify(v)}>
                    {String(v)}
                  </option>
                ))}
              </select>
            ) : f.kind === "long" || f.kind === "list" || f.kind === "json" ? (
              <textarea {...shared} class={f.kind === "long" ? "" : "mono"} rows={f.kind === "list" || f.kind === "long" ? 3 : 1} />
            ) : (
              <input {...shared} type={f.kind === "number" ? "number" : "text"} step="any" min={f.schema.minimum} max={f.schema.maximum} />
            )}
            <small id={`${id}-text`}>
              {problem && (
                <span class="field-error" role="alert">
                  {problem}
                </span>
              )}
              {!problem && f.text}
            </small>
          </div>
        );
      })}
    </div>
  );
}
