import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { http } from "./http";
import { usePages } from "./pages";
import type { Confusion, Dataset, DatasetRow } from "./types";

export type NewDataset = Pick<DatasetRow, "name" | "task_type" | "media" | "signoff_policy"> & {
  classes?: string[];
};

export const datasetKey = (id: number) => ["dataset", id] as const;

export const useDatasets = () => usePages<DatasetRow>(["datasets"], "/datasets/");

export function useDataset(id: number) {
  return useQuery({ queryKey: datasetKey(id), queryFn: () => http.get<Dataset>(`/datasets/${id}/`) });
}

export function useConfusion(id: number) {
  return useQuery({
    queryKey: [...datasetKey(id), "confusion"],
    queryFn: () => http.get<Confusion>(`/datasets/${id}/confusion/`),
  });
}

export function useCreateDataset() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: NewDataset) => http.post<Dataset>("/datasets/", body),
    onSuccess: (dataset) => {
      client.setQueryData(datasetKey(dataset.id), dataset);
      return client.invalidateQueries({ queryKey: ["datasets"] });
    },
  });
}

export function useChangeDataset(id: number) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: Partial<NewDataset>) => http.patch<Dataset>(`/datasets/${id}/`, body),
    onSuccess: () => client.invalidateQueries({ queryKey: datasetKey(id) }),
  });
}
