import { useMutation, useQueryClient } from "@tanstack/react-query";
import { datasetKey } from "./datasets";
import { client, unwrap } from "./http";
import { useJob } from "./jobs";
import { usePages } from "./pages";
import type { UploadParts } from "./types";

/** Without a format, the server recognises it. */
export type Upload = {
  file: File;
  format?: UploadParts["format"];
  mapping: Record<string, string>;
  dryRun: boolean;
};

const at = (dataset: number) => ({ params: { path: { dataset } } });

function formOf({ file, format, mapping, dryRun }: Upload) {
  const form = new FormData();
  form.set("file", file);
  if (format) form.set("format", format);
  if (Object.keys(mapping).length > 0) form.set("mapping", JSON.stringify(mapping));
  form.set("dry_run", String(dryRun));
  return form;
}

/** The schema calls the file a string, for want of a better word in JSON; what is sent is the form. */
function upload(dataset: number, parts: Upload) {
  const body = { file: parts.file.name, dry_run: parts.dryRun } as UploadParts;
  const bodySerializer = () => formOf(parts);
  return unwrap(client.POST("/api/datasets/{dataset}/imports/", { ...at(dataset), body, bodySerializer }));
}

export const useImports = (dataset: number) =>
  usePages([...datasetKey(dataset), "imports"], () =>
    unwrap(client.GET("/api/datasets/{dataset}/imports/", at(dataset))),
  );

export const useImport = (dataset: number, job: number) =>
  useJob(["imports", job], dataset, () =>
    unwrap(client.GET("/api/imports/{job}/", { params: { path: { job } } })),
  );

export function useStartImport(dataset: number) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (parts: Upload) => upload(dataset, parts),
    onSuccess: () => cache.invalidateQueries({ queryKey: [...datasetKey(dataset), "imports"] }),
  });
}

export function useCancelImport() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (job: number) =>
      unwrap(client.POST("/api/imports/{job}/cancel/", { params: { path: { job } } })),
    onSuccess: (_, job) => cache.invalidateQueries({ queryKey: ["imports", job] }),
  });
}
