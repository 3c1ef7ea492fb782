import { useState } from "preact/hooks";
import { type ApiError, actor, ask, encoded, get, post, setActor } from "../api";
import { number } from "../format";
import { useLive, useNow } from "../live";
import { Action, Pause } from "../parts/action";
import { TextField } from "../parts/field";
import { FormDialog, Who } from "../parts/form_dialog";
import { Table } from "../parts/table";
import { Ago, Empty, Failure, JobLink, Listed, Loading, None, Page, StatusMark } from "../parts/ui";
import { go, href } from "../route";
import { definitionOf, headersOf, textOf, wantsText, type Webhook, type WebhookDeliveries, type WebhookDelivery, type WebhookList } from "../webhooks";

const everyMs = 5000;

export function Webhooks({ open }: { open: string | undefined }) {
  const list = useLive("webhooks", () => get<WebhookList>("api/webhooks"), everyMs);
  const now = useNow();
  const [changed, setChanged] = useState<Webhook | "new">();
  const webhooks = list.data?.webhooks ?? [];
  const shown = webhooks.find((w) => w.name === open);
  const close = () => {
    setChanged(undefined);
    list.again();
  };
  return (
    <Page
      title="Webhooks"
      note="events that are sent to an address"
      actions={
        <button class="primary" onClick={() => setChanged("new")}>
          New webhook
        </button>
      }
    >
      <Failure error={list.error} onRetry={list.again} />
      {!list.data && !list.error && <Loading />}
      {list.data && webhooks.length === 0 && (
        <Empty title="There are no webhooks.">
          <p class="faint">On the command line:</p>
          <pre tabIndex={0}>callboard webhooks add ops --url https://hooks.example.com/callboard --kind job.failed,alert</pre>
        </Empty>
      )}
      {webhooks.length > 0 && (
        <Table
          rows={webhooks}
          keyOf={(w) => w.name}
          columns={[
            { name: "webhook", cell: (w) => <Name of={w} /> },
            { name: "events", class: "wants", cell: wantsText },
            { name: "address", class: "mono wants", cell: (w) => w.url },
            { name: "changed", num: true, cell: (w) => <Ago at={w.changedAt} now={now} /> },
          ]}
          actions={(w) => (
            <>
              <Action small label="Test" run={() => post(`api/webhooks/${encoded(w.name)}/test`)} done={`${w.name}: a test is on its way`} after={() => go(href(["webhooks", w.name]))} />
              <Pause of={{ name: w.name, paused: !w.enabled }} route="webhooks" after={list.again} />
              <button class="small" onClick={() => setChanged(w)}>
                Change
              </button>
              <Action
                small
                label="Remove"
                tone="danger"
                confirm={`${w.name} gets no more events. What is on its way to it goes on.`}
                run={() => ask("DELETE", `api/webhooks/${encoded(w.name)}`)}
                done={`${w.name} is removed`}
                after={list.again}
              />
            </>
          )}
        />
      )}
      {shown && <Deliveries key={shown.name} of={shown} now={now} />}
      {list.data && open && !shown && <Empty title={`There is no webhook “${open}”.`} />}
      {changed && <Form of={changed === "new" ? undefined : changed} onClose={close} />}
    </Page>
  );
}

function Name({ of: w }: { of: Webhook }) {
  return (
    <>
      <a href={href(["webhooks", w.name])}>{w.name}</a>
      {!w.enabled && <span class="flag">paused</span>}
      {w.signed && <span class="flag">signed</span>}
    </>
  );
}

const About = ({ of: d }: { of: WebhookDelivery }) => (d.eventJobID ? <JobLink id={d.eventJobID} /> : <span class="mono">{d.eventID ?? ""}</span>);

function Deliveries({ of: w, now }: { of: Webhook; now: number }) {
  const told = useLive(`deliveries ${w.name}`, () => get<WebhookDeliveries>(`api/webhooks/${encoded(w.name)}/deliveries?limit=50`));
  const deliveries = told.data?.deliveries ?? [];
  return (
    <Listed title={`Deliveries of ${w.name}`} note="the latest 50; each is a job">
      <Failure error={told.error} onRetry={told.again} />
      {!told.data && !told.error && <Loading />}
      {told.data && deliveries.length === 0 && <Empty title="Nothing was sent yet." />}
      {deliveries.length > 0 && (
        <Table
          rows={deliveries}
          keyOf={(d) => d.jobID}
          columns={[
            { name: "job", cell: (d) => <JobLink id={d.jobID} /> },
            { name: "status", cell: (d) => <StatusMark status={d.status} /> },
            { name: "event", cell: (d) => d.kind ?? <None /> },
            { name: "about", cell: (d) => <About of={d} /> },
            { name: "attempts", num: true, cell: (d) => number(d.attempts) },
            { name: "last failure", class: "wants", cell: (d) => (d.code ? `${d.code}: ${d.message ?? ""}` : <None />) },
            { name: "created", num: true, cell: (d) => <Ago at={d.createdAt} now={now} /> },
          ]}
        />
      )}
    </Listed>
  );
}

function Form({ of: before, onClose }: { of: Webhook | undefined; onClose: () => void }) {
  const [text, setText] = useState(() => textOf(before));
  const [name, setName] = useState(actor());
  const [error, setError] = useState<ApiError>();
  const put = (change: Partial<typeof text>) => setText({ ...text, ...change });
  const at = (...fields: string[]) => (error && fields.some((f) => error.field === f || error.field.startsWith(`${f}[`) || error.field.startsWith(`${f}.`)) ? error.message : undefined);
  const badHeaders = headersOf(text.headers) === undefined ? "each line must be NAME: VALUE" : undefined;
  const send = async () => {
    if (badHeaders) throw new Error(`headers: ${badHeaders}`);
    setActor(name);
    const wish = definitionOf(text, before);
    await (before ? ask("PUT", `api/webhooks/${encoded(before.name)}`, wish) : post("api/webhooks", wish));
    return before ? `${text.name} is changed` : `${text.name} gets what happens from now on`;
  };
  return (
    <FormDialog title={before ? `Change ${before.name}` : "New webhook"} button={before ? "Change" : "Create"} send={send} onClose={onClose} error={setError} shown={error}>
      <div class="fields two">
        {!before && <TextField id="webhook-name" label="Name" value={text.name} set={(v) => put({ name: v })} problem={at("name")} required />}
        <TextField id="webhook-url" label="Address" value={text.url} set={(v) => put({ url: v })} problem={at("url")} placeholder="https://hooks.example.com/callboard" required />
        <TextField id="webhook-kinds" label="Events" value={text.kinds} set={(v) => put({ kinds: v })} problem={at("filter.kinds")} hint="kinds such as job.failed, or families such as alert" required />
        <TextField id="webhook-queue" label="Queue" value={text.queue} set={(v) => put({ queue: v })} problem={at("filter.queue")} hint="any when empty" />
        <TextField id="webhook-type" label="Job type" value={text.type} set={(v) => put({ type: v })} problem={at("filter.type")} hint="any when empty" />
        <TextField id="webhook-retries" label="Retries" type="number" value={text.retries} set={(v) => put({ retries: v })} problem={at("retryCount")} hint="as the settings say when empty" />
        <TextField
          id="webhook-secret"
          label="Secret"
          type="password"
          value={text.secret}
          set={(v) => put({ secret: v, unsigned: false })}
          problem={at("secret")}
          hint={before?.signed ? "it has one, which stays when this is empty" : "what is sent is signed with it; nobody is ever shown it"}
        />
      </div>
      {before?.signed && (
        <label class="check">
          <input type="checkbox" checked={text.unsigned} onChange={(e) => put({ unsigned: e.currentTarget.checked, secret: "" })} /> sign no more
        </label>
      )}
      <div class="field">
        <label for="webhook-headers">Header fields</label>
        <textarea
          id="webhook-headers"
          class="mono"
          rows={3}
          value={text.headers}
          aria-invalid={badHeaders !== undefined || at("headers") !== undefined}
          aria-describedby="webhook-headers-text"
          onInput={(e) => put({ headers: e.currentTarget.value })}
        />
        <small id="webhook-headers-text">
          {badHeaders || at("headers") ? (
            <span class="field-error" role="alert">
              {badHeaders ?? at("headers")}
            </span>
          ) : (
            "a line for each, as X-Team: ops; everybody sees them"
          )}
        </small>
      </div>
      <Who name={name} set={setName} />
    </FormDialog>
  );
}
