import { useState } from "preact/hooks";
import { encoded, get, post, query } from "../api";
import { duration, number, rate } from "../format";
import { useLive } from "../live";
import { Action } from "../parts/action";
import { Table } from "../parts/table";
import { Dialog, Failure, Facts, Loading, None, Page } from "../parts/ui";
import type { ActorLine } from "../types";

interface Row extends ActorLine {
  depth: number;
}

const id = (node: string | undefined, name: string) => `${node ?? ""}/${name}`;

/** Parents come first in the answer; a child goes below its parent. A worker's actors hang below that worker. */
export function tree(actors: ActorLine[]): Row[] {
  const depth = new Map<string, number>();
  return actors.map((a) => {
    const above = depth.get(id(a.node, a.parent)) ?? depth.get(id("", a.parent));
    const mine = above === undefined ? 0 : above + 1;
    depth.set(id(a.node, a.name), mine);
    return { ...a, depth: mine };
  });
}

export function Actors() {
  const list = useLive("actors", () => get<{ actors: ActorLine[] }>("api/actors"));
  const [open, setOpen] = useState<ActorLine>();
  const rows = tree(list.data?.actors ?? []);
  return (
    <Page title="Actors" note="what the scheduler and its workers are made of">
      <Failure error={list.error} onRetry={list.again} />
      {!list.data && !list.error && <Loading rows={10} />}
      {rows.length > 0 && (
        <Table
          rows={rows}
          keyOf={(a) => id(a.node, a.name)}
          columns={[
            {
              name: "actor",
              cell: (a) => (
                <>
                  <button class={`link depth-${Math.min(a.depth, 4)}`} onClick={() => setOpen(a)}>
                    {a.name}
                  </button>
                  {a.node && <span class="faint"> on {a.node}</span>}
                  {!a.alive && <span class="flag">ended</span>}
                </>
              ),
            },
            { name: "mailbox", num: true, cell: (a) => number(a.mailbox) },
            { name: "per second", num: true, cell: (a) => rate(a.perSecond) },
            { name: "handled", num: true, cell: (a) => number(a.handled) },
            { name: "longest turn", num: true, cell: (a) => duration(a.longestTurnMs) },
            { name: "restarts", num: true, cell: (a) => a.restarts },
            { name: "last ended because", cell: (a) => a.lastReason ?? <None /> },
          ]}
        />
      )}
      {open && <Dump actor={open} onClose={() => setOpen(undefined)} after={list.again} />}
    </Page>
  );
}

function Dump({ actor, onClose, after }: { actor: ActorLine; onClose: () => void; after: () => void }) {
  const d = useLive(`dump ${id(actor.node, actor.name)}`, () =>
    get<{ state: Record<string, string> }>(`api/actors/${encoded(actor.name)}${query({ node: actor.node })}`),
  );
  return (
    <Dialog title={actor.name} onClose={onClose}>
      <Failure error={d.error} />
      {!d.data && !d.error && <Loading />}
      {d.data && <Facts of={Object.entries(d.data.state)} />}
      {!actor.node && actor.parent && (
        <div class="dialog-actions">
          <Action
            label="Restart"
            tone="danger"
            confirm={`${actor.name} is ended, and its supervisor starts it again. No accepted job is lost.`}
            run={() => post(`api/actors/${encoded(actor.name)}/restart`)}
            done={`${actor.name} is started again`}
            after={after}
          />
        </div>
      )}
    </Dialog>
  );
}
