import { useState } from "preact/hooks";
import { get } from "../api";
import { useLive } from "../live";
import { type Answer, type Description, type Parameter, type Place, type Schema, curlOf, membersOf, partsOf, placesOf, resolved, typeText } from "../openapi";
import { Failure, Json, Loading, Page, Panel } from "../parts/ui";

// It changes with the program only.
const everyMs = 600000;

/** A schema with its members. What a member is made of is drawn when it is opened, for schemas may hold themselves. */
function Shape({ of, d }: { of: Schema; d: Description }) {
  return (
    <>
      {partsOf(of).map((part, i) => {
        const members = membersOf(d, part);
        if (members.length === 0) return null;
        return (
          <dl class="members" key={i}>
            {members.map((m) => (
              <div key={m.name}>
                <dt>
                  <code>{m.name}</code> <span class="faint">{typeText(m.schema)}</span> {m.required && <span class="flag">always</span>}
                </dt>
                <dd>
                  {m.schema.description ?? resolved(d, m.schema).description}
                  {partsOf(m.schema).some((p) => membersOf(d, p).length > 0) && <Folded title={`Members of ${m.name}`} of={m.schema} d={d} />}
                </dd>
              </div>
            ))}
          </dl>
        );
      })}
    </>
  );
}

function Folded({ title, of, d }: { title: string; of: Schema; d: Description }) {
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={(e) => setOpen(e.currentTarget.open)}>
      <summary>{title}</summary>
      {open && <Shape of={of} d={d} />}
    </details>
  );
}

function AnswerLine({ status, of, d }: { status: string; of: Answer; d: Description }) {
  const schema = of.content?.["application/json"]?.schema;
  return (
    <li>
      <b>{status}</b> {of.description}
      {schema && Number(status) < 300 && <Folded title={`Body: ${typeText(schema)}`} of={schema} d={d} />}
    </li>
  );
}

function Content({ place, d }: { place: Place; d: Description }) {
  const { operation } = place;
  const parameters = (operation.parameters ?? []).map((p) => resolved<Parameter>(d, p));
  const body = operation.requestBody?.content["application/json"];
  return (
    <div class="operation">
      {operation.description && <p>{operation.description}</p>}
      {parameters.length > 0 && (
        <>
          <h3>Parameters</h3>
          <dl class="members">
            {parameters.map((p) => (
              <div key={`${p.in} ${p.name}`}>
                <dt>
                  <code>{p.name}</code>{" "}
                  <span class="faint">
                    {typeText(p.schema)}, in the {p.in}
                  </span>
                </dt>
                <dd>{p.description}</dd>
              </div>
            ))}
          </dl>
        </>
      )}
      {body && (
        <>
          <h3>Body{operation.requestBody?.required ? "" : ", which may be left out"}</h3>
          <Json value={body.example} />
          <Folded title={`Members: ${typeText(body.schema)}`} of={body.schema} d={d} />
        </>
      )}
      <h3>Answers</h3>
      <ul>
        {Object.entries(operation.responses).map(([status, answer]) => (
          <AnswerLine key={status} status={status} of={resolved<Answer>(d, answer)} d={d} />
        ))}
      </ul>
      <h3>Example</h3>
      <Json value={curlOf(d, place, location.origin)} />
    </div>
  );
}

function OperationLine({ place, d }: { place: Place; d: Description }) {
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={(e) => setOpen(e.currentTarget.open)}>
      <summary>
        <code>
          {place.method} {place.path}
        </code>{" "}
        {place.operation.summary}
      </summary>
      {open && <Content place={place} d={d} />}
    </details>
  );
}

export function Api() {
  const description = useLive("openapi", () => get<Description>("api/openapi.json"), everyMs);
  const d = description.data;
  return (
    <Page title="REST interface" note="what programs can ask, by the description of this scheduler" actions={<a href="api/openapi.json">OpenAPI 3.1</a>}>
      <Failure error={description.error} onRetry={description.again} />
      {!d && !description.error && <Loading rows={10} />}
      {d?.tags.map((tag) => (
        <Panel key={tag.name} title={tag.name} aside={tag.description}>
          {placesOf(d, tag.name).map((place) => (
            <OperationLine key={place.operation.operationId} place={place} d={d} />
          ))}
        </Panel>
      ))}
    </Page>
  );
}
