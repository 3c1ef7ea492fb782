/** What can go wrong, one class per family of error codes. */
import { type ErrorCode, errorStatus } from "./types/index.js";

export interface ErrorDetails {
  code?: ErrorCode | "";
  field?: string;
  status?: number | undefined;
  requestId?: string;
  retryAfterMs?: number | undefined;
  cause?: unknown;
}

/** An answer of the scheduler that is an error, or none at all. Branch on the class, or on `code`. */
export class CallboardError extends Error {
  /** Stable; empty when there was no answer. */
  readonly code: ErrorCode | "";
  /** The path of what is wrong, as `payload.to`; may be empty. */
  readonly field: string;
  /** Of HTTP; undefined when there was no answer. */
  readonly status: number | undefined;
  /** Names the request in the scheduler's log. */
  readonly requestId: string;
  /** Milliseconds to wait before the next try, if the scheduler said so. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.code = details.code ?? "";
    this.field = details.field ?? "";
    this.status = details.status;
    this.requestId = details.requestId ?? "";
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** The request is wrong (400). */
export class BadRequest extends CallboardError {}

/** It may not be done from here (403), or the host is not the scheduler's (421). */
export class Forbidden extends CallboardError {}

/** There is no such thing (404), or it does not understand this (405). */
export class NotFound extends CallboardError {}

/** Its present state does not allow it, or a key is taken (409). */
export class Conflict extends CallboardError {}

/** The body, the address or the header is too large (413, 414, 431). */
export class TooLarge extends CallboardError {}

/** The content is not of a type that is read there (415). */
export class UnsupportedMediaType extends CallboardError {}

/** There are as many as there may be (429). Nothing was accepted; `retryAfterMs` says when to try again. */
export class QueueFull extends CallboardError {}

/** The scheduler cannot do it now (503, 408). Nothing was accepted; `retryAfterMs` says when to try again. */
export class Unavailable extends CallboardError {}

/** A bug of the scheduler, or a damaged record (500). */
export class InternalError extends CallboardError {}

/** No answer came in time (504), or the connection broke before one: it may have been done or not. */
export class OutcomeUnknown extends CallboardError {}

/** No connection to the scheduler: nothing was done. A browser does not tell; there it is an `OutcomeUnknown`. */
export class Unreachable extends CallboardError {}

/** What was waited for has not ended in time. It goes on; wait again if you like. */
export class WaitTimeout extends CallboardError {}

type Family = new (message: string, details?: ErrorDetails) => CallboardError;

const families: Readonly<Record<number, Family>> = {
  400: BadRequest,
  403: Forbidden,
  404: NotFound,
  405: NotFound,
  408: Unavailable,
  409: Conflict,
  413: TooLarge,
  414: TooLarge,
  415: UnsupportedMediaType,
  421: Forbidden,
  429: QueueFull,
  431: TooLarge,
  500: InternalError,
  503: Unavailable,
  504: OutcomeUnknown,
};

/** The error of an answer, or of an item of one, which has no status of its own. */
export function errorOf(
  error: { code?: ErrorCode; message?: string; field?: string; requestId?: string },
  status?: number,
  retryAfterMs?: number,
): CallboardError {
  const known = status ?? (error.code === undefined ? undefined : errorStatus[error.code]);
  const kind = (known === undefined ? undefined : families[known]) ?? CallboardError;
  return new kind(String(error.message ?? ""), {
    code: error.code ?? "",
    field: error.field ?? "",
    status: known,
    requestId: error.requestId ?? "",
    retryAfterMs,
  });
}

/** Whether it may be another one at the next try: the scheduler is away, busy, or did not answer. */
export function passes(why: unknown): why is CallboardError {
  return why instanceof Unreachable || why instanceof Unavailable || why instanceof OutcomeUnknown;
}
