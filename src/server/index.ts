/** The inspector's server: run directories in, pages out. */
export { isLoopback } from "./access.ts";
export { type AppFile, type AppFiles, readAppFiles } from "./app-files.ts";
export { appFolder } from "./app-folder.ts";
export { createApp, type InspectorOptions } from "./create-app.ts";
export { type Exported, type ExportOptions, exportRuns } from "./export-runs.ts";
export { type FollowedRun, followRun, type NamedRun } from "./followed-run.ts";
export { type ServedModels, serveModels } from "./models/served-models.ts";
export { openRuns, type RunRegistry } from "./run-registry.ts";
export { type RunningServer, type ServeOptions, serveRuns } from "./serve-runs.ts";
