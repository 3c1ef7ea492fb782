/** The clock of leases. */
import { existsSync, readFileSync } from "node:fs";

const uptime = "/proc/uptime";
const hasUptime = existsSync(uptime);

/** Milliseconds since the machine was started, its sleep included (Linux); elsewhere a clock that never steps. It is the same in
 * all processes of a machine. */
export function bootClock(): number {
  return hasUptime ? Number.parseFloat(readFileSync(uptime, "latin1")) * 1000 : Number(process.hrtime.bigint() / 1000n) / 1000;
}
