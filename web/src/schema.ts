/** From a JSON Schema to the fields of a form, and from what was typed to a payload. Pure. */
import type { Schema } from "./types";

export type Kind = "text" | "long" | "number" | "boolean" | "choice" | "list" | "json";

export interface Field {
  name: string;
  kind: Kind;
  required: boolean;
  text: string;
  schema: Schema;
}

const long = ["body", "html", "sql", "stdin", "text", "content"];

export function kindOf(name: string, s: Schema): Kind {
  if (s.enum) return s.enum.every((v) => v === null || typeof v !== "object") ? "choice" : "json";
  const types = Array.isArray(s.type) ? s.type : [s.type];
  if (types.length > 1) return types.includes("string") && types.includes("array") && s.items?.type === "string" ? "list" : "json";
  switch (types[0]) {
    case "string":
      return long.includes(name) ? "long" : "text";
    case "integer":
    case "number":
      return "number";
    case "boolean":
      return "boolean";
    case "array":
      return s.items?.type === "string" ? "list" : "json";
  }
  return "json";
}

/** The required ones first, in the order of the schema. Nothing where a schema says nothing. */
export function fields(schema: Schema | null): Field[] {
  const all = Object.entries(schema?.properties ?? {}).map(([name, s]) => ({
    name,
    kind: kindOf(name, s),
    required: schema?.required?.includes(name) ?? false,
    text: s.description ?? "",
    schema: s,
  }));
  return [...all.filter((f) => f.required), ...all.filter((f) => !f.required)];
}

/** What a field shows of a value. A list has an entry per line. */
export function shown(f: Field, value: unknown): string {
  if (value === undefined) return "";
  if (f.kind === "list") return (Array.isArray(value) ? value : [value]).join("\n");
  if (f.kind === "json") return JSON.stringify(value);
  if (f.kind === "choice") return JSON.stringify(value);
  return String(value);
}

/** Undefined: it is left out. Throws a text when it cannot be read. */
export function value(f: Field, text: string): unknown {
  if (text === "") return undefined;
  switch (f.kind) {
    case "number": {
      const n = Number(text);
      if (!Number.isFinite(n)) throw new Error("must be a number");
      return n;
    }
    case "boolean":
      return text === "true";
    case "choice":
      return JSON.parse(text);
    case "list":
      return text.split("\n").filter((line, i, all) => line !== "" || i < all.length - 1);
    case "json":
      try {
        return JSON.parse(text);
      } catch (e) {
        throw new Error(`must be JSON: ${(e as Error).message}`);
      }
  }
  return text;
}
