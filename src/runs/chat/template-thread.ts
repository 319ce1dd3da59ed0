/** The body of the thread that renders one chat template. */
import { parentPort, workerData } from "node:worker_threads";
import { renderTemplate } from "./render-template.ts";
import { STARTED, type TemplateJob } from "./run-template.ts";

const { template, ...options } = workerData as TemplateJob;
parentPort!.postMessage(STARTED);
parentPort!.postMessage(renderTemplate(template, options));
