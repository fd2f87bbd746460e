import { useMutation, useQueryClient } from "@tanstack/react-query";
import { datasetKey } from "./datasets";
import { http } from "./http";
import { useJob } from "./jobs";
import { usePages } from "./pages";
import type { Import } from "./types";

export type Upload = { file: File; format?: string; mapping?: Record<string, string>; dryRun: boolean };

function formOf({ file, format, mapping, dryRun }: Upload) {
  const form = new FormData();
  form.set("file", file);
  if (format) form.set("format", format);
  if (mapping && Object.keys(mapping).length > 0) form.set("mapping", JSON.stringify(mapping));
  if (dryRun) form.set("dry_run", "true");
  return form;
}

export const useImports = (dataset: number) =>
  usePages<Import>([...datasetKey(dataset), "imports"], `/datasets/${dataset}/imports/`);

export const useImport = (dataset: number, id: number | null) => useJob<Import>("imports", dataset, id);

export function useStartImport(dataset: number) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (upload: Upload) => http.post<Import>(`/datasets/${dataset}/imports/`, formOf(upload)),
    onSuccess: () => client.invalidateQueries({ queryKey: [...datasetKey(dataset), "imports"] }),
  });
}

export const useCancelImport = () =>
  useMutation({ mutationFn: (id: number) => http.post(`/imports/${id}/cancel/`) });
