/** Workers for the Callboard job scheduler, in Node.js. `Worker` is where to begin. */
export type { Attempt } from "./attempt.js";
export type { JobFunction, JobType } from "./function.js";
export { Failed, type FailedOptions, Snooze, Stopped, type StopReason } from "./outcome.js";
export type { Log } from "./session.js";
export { Worker, type WorkerOptions } from "./worker.js";
