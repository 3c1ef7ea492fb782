/** The description of the REST interface, as far as the page reads it (http/openapi/). */

export interface Schema {
  $ref?: string;
  type?: string | string[];
  description?: string;
  properties?: Record<string, Schema | false>;
  required?: string[];
  items?: Schema;
  enum?: unknown[];
  const?: unknown;
  allOf?: Schema[];
  oneOf?: Schema[];
  additionalProperties?: Schema | boolean;
}

interface Content {
  schema: Schema;
  example?: unknown;
}

export interface Parameter {
  name: string;
  in: "path" | "query" | "header";
  description: string;
  required?: boolean;
  schema: Schema;
  example?: unknown;
}

export interface Answer {
  description: string;
  content?: Record<string, Content>;
}

export interface Operation {
  operationId: string;
  summary: string;
  description?: string;
  tags: string[];
  parameters?: (Parameter | { $ref: string })[];
  requestBody?: { required: boolean; content: Record<string, Content> };
  responses: Record<string, Answer | { $ref: string }>;
}

export interface Description {
  info: { version: string; description: string };
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, Operation>>;
}

/** An operation with where it is, for a list. */
export interface Place {
  method: string;
  path: string;
  operation: Operation;
}

export const placesOf = (d: Description, tag: string): Place[] =>
  Object.entries(d.paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([, operation]) => operation.tags[0] === tag)
      .map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );

/** What a node stands for: itself, or what its $ref names. */
export function resolved<T extends object>(d: Description, node: T | { $ref: string }): T {
  const reference = (node as { $ref?: string }).$ref;
  if (!reference) return node as T;
  let found: unknown = d;
  for (const name of reference.slice(2).split("/")) found = (found as Record<string, unknown>)[name];
  return resolved(d, found as T);
}

export const named = (reference: string) => reference.slice(reference.lastIndexOf("/") + 1);

/** `Job`, `array of Job`, `string or null`, `"a" | "b"`. */
export function typeText(s: Schema): string {
  if (s.$ref) return named(s.$ref);
  if (s.oneOf) return s.oneOf.map(typeText).join(" or ");
  if (s.enum) return s.enum.map((v) => JSON.stringify(v)).join(" | ");
  if (s.const !== undefined) return JSON.stringify(s.const);
  if (s.type === "array") return `array of ${s.items ? typeText(s.items) : "anything"}`;
  if (s.type === "object" && typeof s.additionalProperties === "object" && !s.properties) return `object of ${typeText(s.additionalProperties)}`;
  return Array.isArray(s.type) ? s.type.join(" or ") : (s.type ?? "anything");
}

export interface Member {
  name: string;
  schema: Schema;
  required: boolean;
}

/** The members of an object, with those of all that it is made of. */
export function membersOf(d: Description, schema: Schema): Member[] {
  const s = resolved(d, schema);
  const out = new Map<string, Member>();
  for (const part of s.allOf ?? []) for (const m of membersOf(d, part)) out.set(m.name, m);
  for (const [name, of] of Object.entries(s.properties ?? {}))
    if (of === false) out.delete(name);
    else out.set(name, { name, schema: of, required: false });
  for (const name of s.required ?? []) {
    const m = out.get(name);
    if (m) out.set(name, { ...m, required: true });
  }
  return [...out.values()];
}

/** What of a schema can be opened: the schemas that it is a choice, a list or a map of. */
export function partsOf(s: Schema): Schema[] {
  if (s.oneOf) return s.oneOf.flatMap(partsOf);
  if (s.items) return partsOf(s.items);
  if (!s.$ref && !s.properties && typeof s.additionalProperties === "object") return partsOf(s.additionalProperties);
  return [s];
}

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** The operation as a command for a shell, with the examples of the description. */
export function curlOf(d: Description, place: Place, origin: string): string {
  const parameters = (place.operation.parameters ?? []).map((p) => resolved<Parameter>(d, p));
  let path = place.path;
  for (const p of parameters) if (p.in === "path") path = path.replace(`{${p.name}}`, encodeURIComponent(String(p.example ?? p.name)));
  const method = place.method === "GET" ? "" : ` -X ${place.method}`;
  const body = place.operation.requestBody?.content["application/json"];
  const data = body ? ` -H 'Content-Type: application/json' -d ${quoted(JSON.stringify(body.example))}` : "";
  return `curl${method} ${quoted(origin + path)}${data}`;
}
