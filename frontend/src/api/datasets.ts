import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { client, unwrap } from "./http";
import { usePages } from "./pages";
import type { NewDataset, Policy } from "./types";

export const datasetKey = (id: number) => ["dataset", id] as const;

const at = (dataset: number) => ({ params: { path: { dataset } } });

export const useDatasets = () => usePages(["datasets"], () => unwrap(client.GET("/api/datasets/")));

export function useDataset(id: number) {
  return useQuery({
    queryKey: datasetKey(id),
    queryFn: () => unwrap(client.GET("/api/datasets/{dataset}/", at(id))),
  });
}

export function useConfusion(id: number) {
  return useQuery({
    queryKey: [...datasetKey(id), "confusion"],
    queryFn: () => unwrap(client.GET("/api/datasets/{dataset}/confusion/", at(id))),
  });
}

export function useCreateDataset() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: NewDataset) => unwrap(client.POST("/api/datasets/", { body })),
    onSuccess: (dataset) => {
      cache.setQueryData(datasetKey(dataset.id), dataset);
      return cache.invalidateQueries({ queryKey: ["datasets"] });
    },
  });
}

export function useChangePolicy(id: number) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (signoff_policy: Policy) =>
      unwrap(client.PATCH("/api/datasets/{dataset}/", { ...at(id), body: { signoff_policy } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: datasetKey(id) }),
  });
}
