import type { RecordPageProps } from './run-page.tsx'; export function ExpertsPage(_: RecordPageProps) { return <p>soon</p>; }
