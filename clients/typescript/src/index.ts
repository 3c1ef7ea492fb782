/** A client of the Callboard job scheduler. `Client` is where to begin. */
export { Client, type ClientOptions, type EventFilter, type JobFilter, type JobWith } from "./client.js";
export {
  BadRequest,
  CallboardError,
  Conflict,
  Forbidden,
  InternalError,
  NotFound,
  OutcomeUnknown,
  QueueFull,
  TooLarge,
  Unavailable,
  Unreachable,
  UnsupportedMediaType,
  WaitTimeout,
} from "./errors.js";
export type { PageOptions, Queues, Schedules, Templates, TemplateWish, Workflows } from "./resources.js";
export type { CallOptions, Query, Retries } from "./transport.js";
export * from "./types/index.js";
export type { WaitOptions } from "./wait.js";
