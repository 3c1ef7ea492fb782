// Written by clients/generate.py. Change http/openapi/ and run it again.
/** The types of the REST interface. */
export type * from "./actors.js";
export type * from "./alerts.js";
export type * from "./audit.js";
export type * from "./basic.js";
export type * from "./batches.js";
export type * from "./dead_letters.js";
export * from "./errors.js";
export type * from "./job.js";
export type * from "./limits.js";
export type * from "./observing.js";
export type * from "./reports.js";
export type * from "./schedules.js";
export type * from "./submit.js";
export type * from "./templates.js";
export type * from "./webhooks.js";
export type * from "./work.js";
export type * from "./workers.js";
export type * from "./workflow.js";
