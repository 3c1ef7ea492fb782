// Written by clients/generate.py. Change http/openapi/ and run it again.
import type { Count, NextCursor, Time } from "./basic.js";

/** Jobs of one type with one code. */
export interface DeadSummaryGroupsItem {
  type: string;
  code: string;
  count: Count;
  latest?: Time;
}

/** Failed jobs by type and error code. */
export interface DeadSummary {
  groups: DeadSummaryGroupsItem[];
  lookedAt: Count;
  next: NextCursor;
}
