/** The REST interface: one function that asks, one kind of error that says what the server said. */

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly field: string,
  ) {
    super(message);
  }

  /** The field, where the message does not begin with it anyway. */
  get place(): string {
    return this.message.startsWith(this.field) ? "" : this.field;
  }
}

type Query = Record<string, string | number | undefined>;

export function query(parameters: Query): string {
  const q = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined && value !== "") q.set(name, String(value));
  const text = q.toString();
  return text ? `?${text}` : "";
}

const actorKey = "callboard-actor";

/** Who acts, as somebody said in this browser; for the audit log. */
export function actor(): string {
  try {
    return localStorage.getItem(actorKey) ?? "";
  } catch {
    return ""; // a browser that keeps nothing
  }
}
export function setActor(name: string) {
  try {
    if (name.trim()) localStorage.setItem(actorKey, name.trim());
    else localStorage.removeItem(actorKey);
  } catch {
    // It is asked for again.
  }
}

function headersOf(method: string): Record<string, string> {
  if (method === "GET") return {};
  // The server wants the type of a browser that changes something, also without a body.
  const headers: Record<string, string> = { "Content-Type": "application/json" };
  const name = actor().replace(/[\x00-\x1f\x7f]/g, "");
  // The bytes of UTF-8, each as a character: a header has no others.
  if (name) headers["X-Callboard-Actor"] = String.fromCharCode(...new TextEncoder().encode(name));
  return headers;
}

/** @param accepted  statuses besides 2xx whose body is an answer and no error: health is told with 503. */
export async function ask<T>(method: string, path: string, body?: unknown, accepted: number[] = []): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(path, {
      method,
      headers: headersOf(method),
      body: body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body),
    });
  } catch {
    throw new ApiError(0, "unreachable", "The scheduler does not answer.", "");
  }
  let content: unknown;
  try {
    content = await answer.json();
  } catch {
    throw new ApiError(answer.status, "unreadable", `The answer (status ${answer.status}) is not JSON.`, "");
  }
  if (answer.ok || accepted.includes(answer.status)) return content as T;
  const e = (content as { error?: { code?: string; message?: string; field?: string } }).error;
  throw new ApiError(answer.status, e?.code ?? "error", e?.message ?? `Status ${answer.status}`, e?.field ?? "");
}

export const get = <T>(path: string) => ask<T>("GET", path);
export const post = <T>(path: string, body?: unknown) => ask<T>("POST", path, body);

export const encoded = encodeURIComponent;
