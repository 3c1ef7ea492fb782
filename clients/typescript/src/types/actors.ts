// Written by clients/generate.py. Change http/openapi/ and run it again.
import type { Count, Time } from "./basic.js";

/** An actor. */
export interface Actor {
  name: string;
  parent: string;
  /** The worker that it is in. */
  node?: string;
  alive: boolean;
  mailbox: Count;
  handled: Count;
  perSecond: number;
  /** In the last one to two minutes. */
  longestTurnMs: number;
  restarts: Count;
  lastReason?: string;
  startedAt?: Time;
}

/** All actors. */
export interface ActorList {
  actors: Actor[];
  count: Count;
}

/** What an actor holds. */
export interface ActorState {
  name: string;
  node?: string;
  state: Record<string, string>;
}
