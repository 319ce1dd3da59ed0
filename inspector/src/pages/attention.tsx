import type { RecordPageProps } from './run-page.tsx'; export function AttentionPage(_: RecordPageProps) { return <p>soon</p>; }
