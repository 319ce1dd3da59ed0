import type { RecordPageProps } from './run-page.tsx'; export function ConfusionPage(_: RecordPageProps) { return <p>soon</p>; }
