/** Functions that do jobs, and what they come to. */
import type { WorkerType } from "../types/index.js";
import type { Attempt, RunningAttempt } from "./attempt.js";
import { Failed, hasStopped, Snooze } from "./outcome.js";

/** Does jobs; what it answers, as JSON, is the result. It must not block the event loop for longer than a heartbeat: while it does,
 * no heartbeat is sent, and when the lease ends the process does. Whoever writes it knows what its payloads are. */
export type JobFunction<Payload = any> = (job: Attempt<Payload>) => unknown;

/** A function, and what the scheduler shall know of its job type. */
export interface JobType<Payload = any> extends Omit<WorkerType, "name"> {
  run: JobFunction<Payload>;
}

/** How an attempt is told to have ended. */
export interface Outcome {
  what: "complete" | "fail" | "release";
  body: Record<string, unknown>;
}

/** Runs the function. Nothing is thrown. */
export async function outcomeOf(run: JobFunction, attempt: RunningAttempt): Promise<Outcome> {
  try {
    return completed(await run(attempt));
  } catch (why) {
    return outcomeOfError(why, attempt);
  }
}

/** It was not begun, or nobody wants what it came to. */
export const released: Outcome = { what: "release", body: {} };

/** The scheduler refuses the outcome as it is. */
export function badResult(why: unknown): Outcome {
  return { what: "fail", body: { code: "BAD_RESULT", message: messageOf(why), retryable: false } };
}

function completed(result: unknown): Outcome {
  if (typeof result === "function" || typeof result === "symbol") return badResult(`a ${typeof result} is no JSON`);
  return { what: "complete", body: { result: result ?? null } };
}

function outcomeOfError(why: unknown, attempt: RunningAttempt): Outcome {
  if (why instanceof Snooze) return { what: "release", body: { afterSeconds: why.ms / 1000, message: why.message } };
  if (why instanceof Failed) {
    const { code, message, retryable, retryAfterMs, result } = why;
    const retryAfterSeconds = retryAfterMs === undefined ? undefined : retryAfterMs / 1000;
    return { what: "fail", body: { code, message, retryable, retryAfterSeconds, result } };
  }
  if (hasStopped(why, [attempt.signal, attempt.softSignal])) {
    const message = why instanceof Error ? why.message : "";
    const timedOut = attempt.stopReason === "timed_out" || (attempt.stopReason === undefined && attempt.softSignal.aborted);
    return { what: "release", body: timedOut ? { reason: "timed_out", message } : { message } };
  }
  for (const line of String(why instanceof Error ? (why.stack ?? why) : why).split("\n")) attempt.log(line);
  return { what: "fail", body: { code: "HANDLER_EXCEPTION", message: messageOf(why) } };
}

function messageOf(why: unknown): string {
  return why instanceof Error ? `${why.name}: ${why.message}` : String(why);
}
