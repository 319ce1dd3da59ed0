/** The inspector. */
import "virtual:report.css";
import "./style/frame.css";
import "./style/parts.css";
import "./style/runs.css";
import "./style/overview.css";
import "./style/mosaic.css";
import "./style/tokens.css";
import "./style/experts.css";
import "./style/attention.css";
import "./style/confusion.css";
import "./style/playground.css";
import "./style/model.css";
import "./style/retrieve.css";
import { render } from "preact";
import { App } from "./app.tsx";

render(<App />, document.getElementById("app")!);
