import { useState } from "preact/hooks";
import { encoded, get, post, query } from "../api";
import { duration, number, rate } from "../format";
import { useLive } from "../live";
import { Action } from "../parts/action";
import { Dialog, Failure, Facts, Loading, Page } from "../parts/ui";
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
        <div class="table-box">
          <table>
            <thead>
              <tr>
                <th scope="col">actor</th>
                <th scope="col" class="num">
                  mailbox
                </th>
                <th scope="col" class="num">
                  per second
                </th>
                <th scope="col" class="num">
                  handled
                </th>
                <th scope="col" class="num">
                  longest turn
                </th>
                <th scope="col" class="num">
                  restarts
                </th>
                <th scope="col">last ended because</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((a) => (
                <tr key={id(a.node, a.name)}>
                  <td data-name="actor">
                    <button class={`link depth-${Math.min(a.depth, 4)}`} onClick={() => setOpen(a)}>
                      {a.name}
                    </button>
                    {a.node && <span class="faint"> on {a.node}</span>}
                    {!a.alive && <span class="flag">ended</span>}
                  </td>
                  <td data-name="mailbox" class="num">
                    {number(a.mailbox)}
                  </td>
                  <td data-name="per second" class="num">
                    {rate(a.perSecond)}
                  </td>
                  <td data-name="handled" class="num">
                    {number(a.handled)}
                  </td>
                  <td data-name="longest turn" class="num">
                    {duration(a.longestTurnMs)}
                  </td>
                  <td data-name="restarts" class="num">
                    {a.restarts}
                  </td>
                  <td data-name="last ended because">{a.lastReason ?? <span class="faint">–</span>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
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
