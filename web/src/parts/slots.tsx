import type { Worker } from "../types";

const shown = 64;

/** A cell per slot: what runs, what is free. Of very many the rest is a number. */
export function Slots({ worker }: { worker: Worker }) {
  const cells = Math.min(worker.capacity, shown);
  return (
    <span class="slots" role="img" aria-label={`${worker.currentJobs} of ${worker.capacity} slots busy`}>
      {Array.from({ length: cells }, (_, i) => (
        <i key={i} class={i < worker.currentJobs ? "busy" : ""} />
      ))}
      {worker.capacity > shown && <span class="faint">+{worker.capacity - shown}</span>}
    </span>
  );
}
