import { useQueryClient } from "@tanstack/react-query";
import { datasetKey } from "./datasets";
import { client, unwrap } from "./http";
import { usePages } from "./pages";
import type { Signature } from "./types";

/** The corrections that wait for a signature. */
export const useProposed = (dataset: number) =>
  usePages([...datasetKey(dataset), "corrections"], () =>
    unwrap(
      client.GET("/api/datasets/{dataset}/corrections/", {
        params: { path: { dataset }, query: { state: "proposed" } },
      }),
    ),
  );

export const sign = (correction: number, body: Signature) =>
  unwrap(client.POST("/api/corrections/{correction}/sign/", { params: { path: { correction } }, body }));

/** After a signature the label, its flag and every count of the dataset may have changed. */
export function useForgetDataset(dataset: number) {
  const cache = useQueryClient();
  return () => cache.invalidateQueries({ queryKey: datasetKey(dataset) });
}
