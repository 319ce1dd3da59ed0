/** Leave-one-domain-out protocols. */
export { type CellOptions, type DomainCell, planCells } from "./cells.ts";
export { listDomains } from "./list-domains.ts";
export {
  type FinishedCell,
  type ProtocolOptions,
  type ProtocolResult,
  protocolJson,
  runProtocol,
} from "./protocol.ts";
