import { datasetKey } from "./datasets";
import { usePages } from "./pages";
import type { AuditEvent } from "./types";

export const useAudit = (dataset: number, filter: Record<string, string | undefined>) =>
  usePages<AuditEvent>([...datasetKey(dataset), "audit"], `/datasets/${dataset}/audit/`, filter);
