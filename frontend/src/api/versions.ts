import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { datasetKey } from "./datasets";
import { http } from "./http";
import { usePages } from "./pages";
import type { Change, Diff, Version } from "./types";

export const exportAddress = (version: number, format: "jsonl" | "csv") =>
  `/api/versions/${version}/export/?format=${format}`;

export const useVersions = (dataset: number) =>
  usePages<Version>([...datasetKey(dataset), "versions"], `/datasets/${dataset}/versions/`);

export function useVersion(id: number) {
  return useQuery({ queryKey: ["version", id], queryFn: () => http.get<Version>(`/versions/${id}/`) });
}

export const useDiff = (version: number, against: number | undefined) =>
  usePages<Change, Diff>(["version", version, "diff"], `/versions/${version}/diff/`, { against });

export function useFreeze(dataset: number) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { tag: string; note: string }) =>
      http.post<Version>(`/datasets/${dataset}/versions/`, body),
    onSuccess: () => client.invalidateQueries({ queryKey: datasetKey(dataset) }),
  });
}
