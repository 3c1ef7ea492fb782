// Written by clients/generate.py. Change http/openapi/ and run it again.
import type { Count, Name, NextCursor, Tag, TemplateKind, Time } from "./basic.js";
import type { TemplateOrigin } from "./job.js";

/** A template: `job` or `workflow`. */
export interface TemplateDefinition {
  name?: Name;
  /** For people, to 1024 bytes. */
  description?: string;
  /** A JSON Schema (draft 7) of what a submit may give. */
  parameters?: Record<string, unknown>;
  /** The body of a submit, with placeholders. */
  job?: Record<string, unknown>;
  /** The body of a workflow, with placeholders. */
  workflow?: Record<string, unknown>;
  /** Only if this is the present version; 0: only if there is none. */
  version?: number;
}

/** A version of a template. */
export interface Template {
  name: Name;
  version: number;
  changedAt: Time;
  /** For people, to 1024 bytes. */
  description?: string;
  /** A JSON Schema (draft 7) of what a submit may give. */
  parameters?: Record<string, unknown>;
  /** The body of a submit, with placeholders. */
  job?: Record<string, unknown>;
  /** The body of a workflow, with placeholders. */
  workflow?: Record<string, unknown>;
}

/** A template without its definition. */
export interface TemplateHead {
  name: Name;
  version: number;
  changedAt: Time;
  makes: TemplateKind;
  description?: string;
}

/** Templates by name. */
export interface TemplatePage {
  templates: TemplateHead[];
  count: Count;
  next: NextCursor;
}

/** All versions that are kept, latest first. */
export interface TemplateVersions {
  versions: Template[];
}

/** A JSON Patch (RFC 6902) that makes one definition the other. */
export interface TemplateDiff {
  name: Name;
  from: number;
  to: number;
  patch: Record<string, unknown>[];
}

/** Which version. */
export interface TemplateVersionWish {
  version: number;
}

/** What is filled in. */
export interface TemplateSubmit {
  /** Values by name. */
  parameters?: Record<string, unknown>;
  /** Of the template; the present one when left out. */
  version?: number;
  /** Of a job only: fields in place of the template's. */
  overrides?: Record<string, unknown>;
  idempotencyKey?: Tag;
}

/** What would be submitted. */
export interface TemplateDryRun {
  template: TemplateOrigin;
  job?: Record<string, unknown>;
  workflow?: Record<string, unknown>;
}
