import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { datasetKey } from "./datasets";
import type { Status } from "./types";

const POLL_MS = 600;

type Job = { status: Status };

export const isLive = (job?: Job) => job?.status === "queued" || job?.status === "running";

/** An import or a run, asked for again while it is alive; its end makes the dataset's figures stale. */
export function useJob<T extends Job>(key: readonly unknown[], dataset: number, get: () => Promise<T>) {
  const cache = useQueryClient();
  const job = useQuery({
    queryKey: key,
    queryFn: get,
    refetchInterval: (query) => (isLive(query.state.data) ? POLL_MS : false),
  });
  const ended = job.data && !isLive(job.data) ? job.data.status : null;
  useEffect(() => {
    if (ended) cache.invalidateQueries({ queryKey: datasetKey(dataset) });
  }, [cache, dataset, ended]);
  return job;
}
