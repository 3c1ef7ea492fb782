/** Ends a worker that holds attempts which it may not hold any more: it is a process of its own, so it does that also when the
 * worker's event loop is blocked, or the worker is stopped, or was suspended. Run by `Lease` with the worker's pid; reads lines,
 * each a time of `bootClock` at which the worker must be gone, or `-` for none. It knows nothing else of the package. */
import { bootClock } from "./clock.js";

/** Milliseconds between two looks at the clock: a timer does not run on while the machine sleeps. */
const lookMs = 200;

const worker = Number(process.argv[2]);
let deadline = Infinity;
let rest = "";
let timer: ReturnType<typeof setTimeout> | undefined;

function look(): void {
  clearTimeout(timer);
  const leftMs = deadline - bootClock();
  if (leftMs > 0) {
    if (leftMs < Infinity) timer = setTimeout(look, Math.min(leftMs, lookMs));
    return;
  }
  // A number of a process may be used again, but not while it is the parent of this one.
  if (process.ppid === worker) {
    process.stderr.write("callboard: this worker holds jobs beyond their time, and others may run them: it is ended\n");
    process.kill(worker, "SIGKILL");
  }
  process.exit();
}

// What ends the worker from a terminal is the worker's matter.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => undefined);
process.stdin.setEncoding("utf8");
process.stdin.on("data", (part: string) => {
  const lines = (rest + part).split("\n");
  rest = lines.pop() ?? "";
  const last = lines.pop();
  if (last === undefined) return;
  deadline = last === "-" ? Infinity : Number(last);
  look();
});
process.stdin.on("end", () => process.exit());
process.stdin.on("error", () => process.exit());
process.stdout.write("ready\n");
