import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { datasetKey } from "./datasets";
import { http } from "./http";
import type { Status } from "./types";

const POLL_MS = 600;

export const isLive = (job?: { status: Status }) => job?.status === "queued" || job?.status === "running";

/** An import or a run, asked for again while it is alive; its end makes the dataset's figures stale. */
export function useJob<T extends { status: Status }>(
  kind: "imports" | "runs",
  dataset: number,
  id: number | null,
) {
  const client = useQueryClient();
  const job = useQuery({
    queryKey: [kind, id],
    queryFn: () => http.get<T>(`/${kind}/${id}/`),
    enabled: id !== null,
    refetchInterval: (query) => (isLive(query.state.data) ? POLL_MS : false),
  });
  const ended = job.data && !isLive(job.data) ? job.data.status : null;
  useEffect(() => {
    if (ended) client.invalidateQueries({ queryKey: datasetKey(dataset) });
  }, [client, dataset, ended]);
  return job;
}
