import { useMutation, useQueryClient } from "@tanstack/react-query";
import { datasetKey } from "./datasets";
import { http } from "./http";
import { useJob } from "./jobs";
import { usePages } from "./pages";
import type { Run } from "./types";

export const useRuns = (dataset: number) =>
  usePages<Run>([...datasetKey(dataset), "runs"], `/datasets/${dataset}/runs/`);

export const useRun = (dataset: number, id: number | null) => useJob<Run>("runs", dataset, id);

export function useStartRun(dataset: number) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { methods?: string[] }) => http.post<Run>(`/datasets/${dataset}/runs/`, body),
    onSuccess: () => client.invalidateQueries({ queryKey: [...datasetKey(dataset), "runs"] }),
  });
}

export function useCancelRun() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: number) => http.post<Run>(`/runs/${id}/cancel/`),
    onSuccess: (_, id) => client.invalidateQueries({ queryKey: ["runs", id] }),
  });
}
