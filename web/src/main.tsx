import { render } from "preact";
import { App } from "./app";
import { listenToEvents } from "./live";
import "./style/base.css";
import "./style/parts.css";
import "./style/pages.css";
import { showTheme, theme } from "./theme";

showTheme(theme());
const root = document.getElementById("app");
if (root) render(<App />, root);
void listenToEvents();
