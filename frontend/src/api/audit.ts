import { datasetKey } from "./datasets";
import { client, unwrap } from "./http";
import { usePages } from "./pages";

export const useAudit = (dataset: number, query: { actor?: string; action?: string }) =>
  usePages([...datasetKey(dataset), "audit", query], () =>
    unwrap(client.GET("/api/datasets/{dataset}/audit/", { params: { path: { dataset }, query } })),
  );
