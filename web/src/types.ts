/** What the REST interface answers, under the names of the page: the types of the TypeScript client, which clients/generate.py
 * writes from http/openapi/. */
import type { JobStatus, SchemaPageSchemasItem, WorkflowGraph, WorkflowGraphNodesItem } from "../../clients/typescript/src/types/index";

export type {
  Actor as ActorLine,
  AuditPage,
  AuditRecord,
  BulkAnswer,
  CountedJobs as JobCounts,
  DeadSummaryGroupsItem as DeadGroup,
  Explanation,
  Health,
  HistoryEntry,
  Job,
  JobMetrics,
  JobPage,
  JobStatus as Status,
  Latency,
  Progress,
  Queue,
  Rate,
  Schedule,
  Setting,
  SettingValue,
  Worker,
  WorkerMetrics,
  WorkerStatusPage,
  Workflow,
  WorkflowGraph as Graph,
  WorkflowGraphNodesItem as GraphNode,
  WorkflowSummary,
} from "../../clients/typescript/src/types/index";

/** In the order in which the page shows them. */
export const statuses = ["queued", "scheduled", "running", "retrying", "completed", "failed", "cancelled"] as const satisfies readonly JobStatus[];
export const liveStatuses: readonly JobStatus[] = ["queued", "scheduled", "running", "retrying"];

/** A JSON Schema of draft 7, as far as a form is made from it. */
export interface Schema {
  type?: string | string[];
  title?: string;
  description?: string;
  required?: string[];
  properties?: Record<string, Schema>;
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  items?: Schema;
}
/** What is drawn of a graph. A note stands in place of the status: it is not a job yet. */
export type DrawnNode = WorkflowGraphNodesItem & { note?: string };
export type DrawnGraph = Pick<WorkflowGraph, "edges" | "criticalPath"> & { nodes: DrawnNode[] };

export type TypeSchema = Omit<SchemaPageSchemasItem, "schema"> & { schema: Schema | null };
