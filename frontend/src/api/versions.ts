import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { datasetKey } from "./datasets";
import { client, unwrap } from "./http";
import { usePages } from "./pages";
import type { operations } from "./schema";
import type { Change, Diff } from "./types";

export type ExportFormat = NonNullable<
  NonNullable<operations["versions_export"]["parameters"]["query"]>["format"]
>;

export const exportAddress = (version: number, format: ExportFormat) =>
  `/api/versions/${version}/export/?format=${format}`;

const at = (dataset: number) => ({ params: { path: { dataset } } });

export const useVersions = (dataset: number) =>
  usePages([...datasetKey(dataset), "versions"], () =>
    unwrap(client.GET("/api/datasets/{dataset}/versions/", at(dataset))),
  );

export function useVersion(version: number) {
  return useQuery({
    queryKey: ["version", version],
    queryFn: () => unwrap(client.GET("/api/versions/{version}/", { params: { path: { version } } })),
  });
}

export const useDiff = (version: number, against: number) =>
  usePages<Change, Diff>(["version", version, "diff", against], () =>
    unwrap(
      client.GET("/api/versions/{version}/diff/", {
        params: { path: { version }, query: { against: String(against) } },
      }),
    ),
  );

export function useFreeze(dataset: number) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: { tag: string; note: string }) =>
      unwrap(client.POST("/api/datasets/{dataset}/versions/", { ...at(dataset), body })),
    onSuccess: () => cache.invalidateQueries({ queryKey: datasetKey(dataset) }),
  });
}
