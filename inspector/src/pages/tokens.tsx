import type { RecordPageProps } from './run-page.tsx'; export function TokensPage(_: RecordPageProps) { return <p>soon</p>; }
