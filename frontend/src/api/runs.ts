import { useMutation, useQueryClient } from "@tanstack/react-query";
import { datasetKey } from "./datasets";
import { client, unwrap } from "./http";
import { useJob } from "./jobs";
import { usePages } from "./pages";

const at = (dataset: number) => ({ params: { path: { dataset } } });
const of = (run: number) => ({ params: { path: { run } } });

export const useRuns = (dataset: number) =>
  usePages([...datasetKey(dataset), "runs"], () =>
    unwrap(client.GET("/api/datasets/{dataset}/runs/", at(dataset))),
  );

export const useRun = (dataset: number, run: number) =>
  useJob(["runs", run], dataset, () => unwrap(client.GET("/api/runs/{run}/", of(run))));

export function useStartRun(dataset: number) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => unwrap(client.POST("/api/datasets/{dataset}/runs/", { ...at(dataset), body: {} })),
    onSuccess: () => cache.invalidateQueries({ queryKey: [...datasetKey(dataset), "runs"] }),
  });
}

export function useCancelRun() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (run: number) => unwrap(client.POST("/api/runs/{run}/cancel/", of(run))),
    onSuccess: (_, run) => cache.invalidateQueries({ queryKey: ["runs", run] }),
  });
}
