/** The inspector. */
import "virtual:report.css";
import "./style/frame.css";
import "./style/parts.css";
import "./style/pages.css";
import { render } from "preact";
import { App } from "./app.tsx";

render(<App />, document.getElementById("app")!);
