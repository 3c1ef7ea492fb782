/** The frame around the pages: navigation, what the scheduler says of itself, keys, the theme. */
import { useEffect, useState } from "preact/hooks";
import { ask } from "./api";
import { number } from "./format";
import { useKeys } from "./keys";
import { setPaused, useLive, usePaused } from "./live";
import { Notes } from "./parts/action";
import { Feed } from "./parts/bars";
import { Dialog, Empty, Page } from "./parts/ui";
import { go, href, type Route, useRoute } from "./route";
import { nextTheme, theme, themeNames } from "./theme";
import type { Health } from "./types";
import { Actors } from "./pages/actors";
import { Alerts, useFiring } from "./pages/alerts";
import { Audit } from "./pages/audit";
import { Api } from "./pages/api";
import { Dead } from "./pages/dead";
import { JobPage } from "./pages/job";
import { Jobs } from "./pages/jobs";
import { Overview } from "./pages/overview";
import { Queues } from "./pages/queues";
import { Reports } from "./pages/reports";
import { ScheduleForm } from "./pages/schedule_form";
import { Schedules } from "./pages/schedules";
import { Settings } from "./pages/settings";
import { Submit } from "./pages/submit";
import { Webhooks } from "./pages/webhooks";
import { Workers } from "./pages/workers";
import { WorkflowPage } from "./pages/workflow";
import { WorkflowForm } from "./pages/workflow_form";
import { Workflows } from "./pages/workflows";

const places: [name: string, title: string, key: string][] = [
  ["", "Overview", "o"],
  ["jobs", "Jobs", "j"],
  ["dead", "Dead letters", "d"],
  ["queues", "Queues", "q"],
  ["workflows", "Workflows", "f"],
  ["schedules", "Schedules", "s"],
  ["workers", "Workers", "w"],
  ["reports", "Reports", "r"],
  ["alerts", "Alerts", "t"],
  ["webhooks", "Webhooks", "h"],
  ["actors", "Actors", "a"],
  ["audit", "Audit log", "l"],
  ["settings", "Settings", "e"],
  ["api", "REST interface", "i"],
];

const help: [string, string][] = [
  ["/", "search jobs"],
  ["n", "submit a job"],
  ["j  k", "down and up in a list"],
  ["Enter", "open the row"],
  ["p", "stop and go on refreshing"],
  ["t", "light, dark or the system's colours"],
  ["?", "this list"],
  ["Esc", "leave a field, close a dialog"],
];

function View({ route }: { route: Route }) {
  const [page = "", name, further] = route.path;
  switch (page) {
    case "":
      return <Overview />;
    case "jobs":
      return name ? <JobPage key={name} id={name} /> : <Jobs query={route.query} />;
    case "dead":
      return <Dead />;
    case "queues":
      return <Queues />;
    case "workflows":
      return name ? <WorkflowPage key={name} id={name} /> : <Workflows query={route.query} />;
    case "schedules":
      return <Schedules open={name} />;
    case "workers":
      return <Workers />;
    case "actors":
      return <Actors />;
    case "audit":
      return <Audit query={route.query} />;
    case "reports":
      return <Reports query={route.query} />;
    case "alerts":
      return <Alerts query={route.query} />;
    case "webhooks":
      return <Webhooks open={name} />;
    case "settings":
      return <Settings query={route.query} />;
    case "api":
      return <Api />;
    case "submit":
      if (name === "schedule") return <ScheduleForm key={further} name={further} />;
      if (name === "workflow") return <WorkflowForm />;
      return <Submit key={location.hash} from={route.query.get("from") ?? ""} />;
  }
  return (
    <Page title="Nothing here">
      <Empty title={`There is no page “${page}”.`}>
        <a class="button" href="#/">
          Overview
        </a>
      </Empty>
    </Page>
  );
}

function Connection() {
  const health = useLive<Health>("health", () => ask<Health>("GET", "api/health", undefined, [503]), 5000);
  const paused = usePaused();
  const bad = health.data?.components.find((c) => !c.ok);
  const text = health.error ? health.error.message : !health.data ? "connecting" : bad ? `${bad.name}: ${bad.detail}` : `ready · ${health.data.version}`;
  const tone = health.error ? "s-failed" : !health.data ? "s-queued" : bad ? "s-retrying" : "s-completed";
  return (
    <div class="connection">
      <span class={`status ${tone}`} role="status">
        <i aria-hidden="true" />
        {text}
      </span>
      <button class="ghost" aria-pressed={paused} title={paused ? "Go on refreshing (p)" : "Stop refreshing (p)"} onClick={() => setPaused(!paused)}>
        {paused ? "paused" : "live"}
      </button>
    </div>
  );
}

/** At once where there is a search line: what is typed next belongs to it. */
function focusSearch(): boolean {
  const line = document.getElementById("search");
  line?.focus();
  return line !== null;
}

export function App() {
  const route = useRoute();
  const [helping, setHelping] = useState(false);
  const [colours, setColours] = useState(theme());
  const paused = usePaused();
  const here = route.path[0] ?? "";
  const firing = useFiring();

  useKeys({
    "?": () => setHelping(true),
    "/": () => {
      if (!focusSearch()) {
        go("#/jobs");
        requestAnimationFrame(() => requestAnimationFrame(focusSearch));
      }
    },
    n: () => go("#/submit"),
    p: () => setPaused(!paused),
    t: () => setColours(nextTheme()),
    ...Object.fromEntries(places.map(([name, , key]) => [`g ${key}`, () => go(href(name ? [name] : []))])),
  });
  useEffect(() => {
    // On a phone the places are a line that scrolls.
    document.querySelector("nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
    scrollTo(0, 0);
  }, [route.path.join("/")]);

  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={(e) => {
          e.preventDefault();
          document.getElementById("main")?.focus();
        }}
      >
        Skip to the content
      </a>
      <div class="frame">
        <header class="side">
          <a class="brand" href="#/">
            <img src="./icon.svg" alt="" width="22" height="22" />
            Callboard
          </a>
          <nav aria-label="pages">
            {places.map(([name, title, key]) => (
              <a key={name} href={href(name ? [name] : [])} aria-current={here === name ? "page" : undefined} title={`g ${key}`}>
                {title}
                {name === "alerts" && firing !== undefined && (
                  <span class="badge">
                    {number(firing)}
                    <span class="hidden"> firing</span>
                  </span>
                )}
              </a>
            ))}
          </nav>
          <a class="button primary new" href="#/submit" title="n">
            Submit a job
          </a>
          <div class="foot">
            <Connection />
            <div class="tools">
              <button class="ghost" onClick={() => setColours(nextTheme())} title="Colours (t)">
                {themeNames[colours]}
              </button>
              <button class="ghost" onClick={() => setHelping(true)} title="Keys (?)">
                keys
              </button>
            </div>
          </div>
        </header>
        <main id="main" tabIndex={-1}>
          <View route={route} />
        </main>
      </div>
      <Notes />
      {here !== "" && <Feed />}
      {helping && (
        <Dialog title="Keys" onClose={() => setHelping(false)}>
          <dl class="keys">
            {help.map(([key, what]) => (
              <div key={key}>
                <dt>{key.split("  ").map((k) => <kbd key={k}>{k}</kbd>)}</dt>
                <dd>{what}</dd>
              </div>
            ))}
            {places.map(([name, title, key]) => (
              <div key={name}>
                <dt>
                  <kbd>g</kbd>
                  <kbd>{key}</kbd>
                </dt>
                <dd>{title}</dd>
              </div>
            ))}
          </dl>
        </Dialog>
      )}
    </>
  );
}
