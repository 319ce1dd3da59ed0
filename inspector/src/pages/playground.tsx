export function PlaygroundPage(_: object) { return <p>soon</p>; }
