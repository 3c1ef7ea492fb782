/** Workflows, schedules, templates and queues. */
import { newKey } from "./key.js";
import { type CallOptions, pathOf, type Query, type Transport } from "./transport.js";
import type {
  Key,
  KeyRule,
  JobType,
  Queue,
  QueueRule,
  Schedule,
  ScheduleDefinition,
  SchedulePreview,
  ScheduleVersion,
  Submitted,
  Template,
  TemplateDefinition,
  TemplateDryRun,
  TemplateHead,
  TypeRule,
  Workflow,
  WorkflowAccepted,
  WorkflowGraph,
  WorkflowState,
  WorkflowSubmit,
  WorkflowSummary,
} from "./types/index.js";
import { wait, type WaitOptions } from "./wait.js";

/** The rows of all pages of a list. */
export async function* pages<Row>(transport: Transport, path: string, name: string, query: Query): AsyncGenerator<Row, void, undefined> {
  let cursor: string | null | undefined;
  do {
    const answer = (await transport.call("GET", path, { query: { ...query, cursor } })) as Record<string, Row[]> & { next: string | null };
    yield* answer[name] ?? [];
    cursor = answer.next;
  } while (cursor !== null);
}

/** How many rows a list asks for at a time. */
export interface PageOptions {
  page?: number;
}

/** What has one path, and names below it. */
abstract class Resource {
  protected abstract readonly path: string;

  constructor(protected readonly transport: Transport) {}

  protected at(name: string, ...more: string[]): string {
    return pathOf(this.path, name, ...more);
  }

  protected async call<T>(method: string, path: string, options?: CallOptions): Promise<T> {
    return (await this.transport.call(method, path, options)) as T;
  }

  /** Once more changes nothing. */
  protected act<T>(name: string, action: string, body: object = {}): Promise<T> {
    return this.call("POST", this.at(name, action), { body, safe: true });
  }
}

/** Graphs of jobs that are submitted, followed and cancelled as one. */
export class Workflows extends Resource {
  protected readonly path = "/api/workflows";

  /** Submits jobs by key; they name each other in `dependencies`. It is accepted once, as `Client.submit`. */
  async submit(name: string, jobs: WorkflowSubmit["jobs"], options: { idempotencyKey?: string } = {}): Promise<WorkflowAccepted> {
    const body: WorkflowSubmit = { name, jobs, idempotencyKey: options.idempotencyKey ?? (await newKey()) };
    return this.call("POST", this.path, { body, safe: true });
  }

  /** The workflow with its jobs; `results`: with the result of each of them. */
  get(id: string, options: { results?: boolean } = {}): Promise<Workflow> {
    return this.call("GET", this.at(id), { query: { include: options.results ? "result" : undefined } });
  }

  /** All workflows, newest first. */
  list(options: PageOptions & { state?: WorkflowState } = {}): AsyncGenerator<WorkflowSummary, void, undefined> {
    return pages(this.transport, this.path, "workflows", { state: options.state, limit: options.page });
  }

  graph(id: string): Promise<WorkflowGraph> {
    return this.call("GET", this.at(id, "graph"));
  }

  /** The workflow once it has ended: `completed`, `failed` or `cancelled`. As `Client.wait`. */
  async wait(id: string, options: WaitOptions = {}): Promise<Workflow> {
    return (await wait(this.transport, this.at(id), "state", { workflow: id }, options)) as Workflow;
  }

  /** Cancels what has not ended. */
  cancel(id: string, reason?: string): Promise<Workflow> {
    return this.act(id, "cancel", { reason });
  }

  /** Holds all that has not ended. */
  pause(id: string, reason?: string): Promise<Workflow> {
    return this.act(id, "pause", { reason });
  }

  /** Releases all that is held. */
  resume(id: string, reason?: string): Promise<Workflow> {
    return this.act(id, "resume", { reason });
  }

  /** Submits what did not complete once more. `OutcomeUnknown` when no answer came. */
  retry(id: string): Promise<Workflow> {
    return this.call("POST", this.at(id, "retry"), { body: {} });
  }
}

/** Jobs that are submitted by the clock. A definition has the members of docs/api.md#schedules. */
export class Schedules extends Resource {
  protected readonly path = "/api/schedules";

  /** Defines a new one. `Conflict` when there is one of that name. */
  create(definition: ScheduleDefinition): Promise<Schedule> {
    return this.call("POST", this.path, { body: definition });
  }

  /** Defines it, or gives it a new version; with `ifVersion` only in place of that one. */
  put(name: string, definition: Omit<ScheduleDefinition, "name">, options: { ifVersion?: number } = {}): Promise<Schedule> {
    return this.call("PUT", this.at(name), { body: definition, query: { ifVersion: options.ifVersion } });
  }

  get(name: string): Promise<Schedule> {
    return this.call("GET", this.at(name));
  }

  /** All schedules by name, without payloads. */
  list(options: PageOptions = {}): AsyncGenerator<Schedule, void, undefined> {
    return pages(this.transport, this.path, "schedules", { limit: options.page });
  }

  /** Removes it; its jobs stay. It answers how it was. */
  delete(name: string): Promise<Schedule> {
    return this.call("DELETE", this.at(name));
  }

  pause(name: string): Promise<Schedule> {
    return this.act(name, "pause");
  }

  resume(name: string): Promise<Schedule> {
    return this.act(name, "resume");
  }

  /** Submits its job now. `OutcomeUnknown` when no answer came: each run is a job of its own. */
  run(name: string): Promise<Submitted> {
    return this.call("POST", this.at(name, "run"), { body: {} });
  }

  /** Its versions, latest first. */
  async history(name: string): Promise<ScheduleVersion[]> {
    return (await this.call<{ versions: ScheduleVersion[] }>("GET", this.at(name, "history"))).versions;
  }

  /** When it would fire; nothing is stored. */
  async preview(definition: SchedulePreview): Promise<string[]> {
    return (await this.call<{ next: string[] }>("POST", this.at("preview"), { body: definition, safe: true })).next;
  }
}

export interface TemplateWish {
  version?: number;
  overrides?: Record<string, unknown>;
  /** Without one nothing is sent again whose outcome is unknown, for the template may have a key of its own. */
  idempotencyKey?: string;
}

/** Jobs and workflows by name, with parameters and versions. */
export class Templates extends Resource {
  protected readonly path = "/api/templates";

  /** Defines it, or gives it a new version; the same content makes none. */
  put(name: string, definition: TemplateDefinition): Promise<Template> {
    return this.call("PUT", this.at(name), { body: definition, safe: !("version" in definition) });
  }

  get(name: string, options: { version?: number } = {}): Promise<Template> {
    return this.call("GET", this.at(name), { query: { version: options.version } });
  }

  list(options: PageOptions = {}): AsyncGenerator<TemplateHead, void, undefined> {
    return pages(this.transport, this.path, "templates", { limit: options.page });
  }

  /** All that are kept, latest first. */
  async versions(name: string): Promise<Template[]> {
    return (await this.call<{ versions: Template[] }>("GET", this.at(name, "versions"))).versions;
  }

  delete(name: string): Promise<TemplateHead> {
    return this.call("DELETE", this.at(name));
  }

  /** Makes a new version with the content of an earlier one. */
  rollback(name: string, version: number): Promise<Template> {
    return this.act(name, "rollback", { version });
  }

  /** Submits what it makes: a job or a workflow. */
  submit(name: string, parameters?: Record<string, unknown>, wish: TemplateWish = {}): Promise<Submitted | WorkflowAccepted> {
    return this.call("POST", this.at(name, "submit"), { body: { ...wish, parameters }, safe: wish.idempotencyKey !== undefined });
  }

  /** What a submit would make of it. */
  show(name: string, parameters?: Record<string, unknown>, wish: Omit<TemplateWish, "idempotencyKey"> = {}): Promise<TemplateDryRun> {
    return this.call("POST", this.at(name, "submit"), { body: { ...wish, parameters }, query: { dryRun: true }, safe: true });
  }
}

/** Queues, their concurrency keys, and job types: what they are held to. A rule is whole: what it leaves out is not limited
 * any more. */
export class Queues extends Resource {
  protected readonly path = "/api/queues";

  /** Those with live jobs or limits, by name. */
  list(options: PageOptions = {}): AsyncGenerator<Queue, void, undefined> {
    return pages(this.transport, this.path, "queues", { limit: options.page });
  }

  get(name: string): Promise<Queue> {
    return this.call("GET", this.at(name));
  }

  put(name: string, rule: QueueRule): Promise<Queue> {
    return this.call("PUT", this.at(name), { body: rule, safe: true });
  }

  /** Takes all its limits away. */
  clear(name: string): Promise<Queue> {
    return this.call("DELETE", this.at(name), { safe: true });
  }

  /** No job of it starts before it is resumed. */
  pause(name: string): Promise<Queue> {
    return this.act(name, "pause");
  }

  resume(name: string): Promise<Queue> {
    return this.act(name, "resume");
  }

  /** Its concurrency keys with live jobs or limits, by name. */
  keys(name: string, options: PageOptions = {}): AsyncGenerator<Key, void, undefined> {
    return pages(this.transport, this.at(name, "keys"), "keys", { limit: options.page });
  }

  putKey(name: string, key: string, rule: KeyRule): Promise<Key> {
    return this.call("PUT", this.at(name, "keys", key), { body: rule, safe: true });
  }

  /** Job types with live jobs or limits, by name. */
  types(options: PageOptions = {}): AsyncGenerator<JobType, void, undefined> {
    return pages(this.transport, "/api/types", "types", { limit: options.page });
  }

  putType(name: string, rule: TypeRule): Promise<JobType> {
    return this.call("PUT", pathOf("/api/types", name), { body: rule, safe: true });
  }
}
