import { useEffect, useState } from "preact/hooks";
import { ApiError, encoded, get, post } from "../api";
import { say } from "../parts/action";
import { focusWrong, useJobForm } from "../parts/job_form";
import { settingsOf } from "../parts/job_settings";
import { Failure, Loading, Page } from "../parts/ui";
import { go, href } from "../route";
import type { Job, TypeSchema } from "../types";

interface Known {
  types: TypeSchema[];
  from: Job | undefined;
}

export const knownTypes = async () => (await get<{ schemas: TypeSchema[] }>("api/schemas?limit=1000")).schemas;

async function load(from: string): Promise<Known> {
  const [types, job] = await Promise.all([knownTypes(), from ? get<Job>(`api/jobs/${encoded(from)}`) : Promise.resolve(undefined)]);
  return { types, from: job };
}

export function Submit({ from }: { from: string }) {
  const [known, setKnown] = useState<Known>();
  const [error, setError] = useState<ApiError>();
  useEffect(() => {
    load(from).then(setKnown, (e: unknown) => setError(e instanceof ApiError ? e : new ApiError(0, "page", String(e), "")));
  }, [from]);
  return (
    <Page
      title={from ? "Clone a job" : "Submit a job"}
      note={from ? `made from ${from}` : "It is on disk before the answer comes."}
      actions={
        !from && (
          <>
            <a class="button" href="#/submit/schedule">
              A schedule
            </a>
            <a class="button" href="#/submit/workflow">
              A workflow
            </a>
          </>
        )
      }
    >
      <Failure error={error} />
      {!known && !error && <Loading rows={8} />}
      {known && <Form known={known} />}
    </Page>
  );
}

function Form({ known: { types, from } }: { known: Known }) {
  const job = useJobForm(types, { type: from?.type, payload: from?.payload, settings: settingsOf(from) });
  const [error, setError] = useState<ApiError>();
  const [busy, setBusy] = useState(false);

  const send = async () => {
    setError(undefined);
    const body = job.read();
    if (!body) return;
    setBusy(true);
    try {
      const answer = await post<{ jobID: string; duplicate?: boolean }>("api/jobs/submit", body);
      say(answer.duplicate ? `There is such a job already: ${answer.jobID}` : `Submitted ${answer.jobID}`);
      go(href(["jobs", answer.jobID]));
    } catch (e) {
      setBusy(false);
      if (!(e instanceof ApiError)) throw e;
      // At its field where the form has that; otherwise at the end.
      if (e.field) job.refuse(e.field, e.message);
      setError(e);
      focusWrong();
    }
  };

  return (
    <form
      class="submit"
      noValidate
      onSubmit={(e) => {
        e.preventDefault();
        void send();
      }}
    >
      {job.view}
      <div class="submit-foot">
        <Failure error={error} />
        <button class="primary" disabled={busy || !job.type}>
          {busy ? "Submitting …" : "Submit"}
        </button>
      </div>
    </form>
  );
}
