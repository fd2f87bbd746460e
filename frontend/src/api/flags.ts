import { useQuery } from "@tanstack/react-query";
import { http } from "./http";
import { usePages } from "./pages";
import type { Comment, Flag, QueueAnswer, Value } from "./types";

export type FlagFilter = Record<string, string | undefined>;
export type QueueName = "priority" | "unsure" | "random";
export type Decision = {
  action: "keep" | "correct" | "ambiguous" | "exclude" | "escalate";
  value?: Value;
  reason?: string;
};

export const useFlags = (dataset: number, filter: FlagFilter) =>
  usePages<Flag>(["dataset", dataset, "flags"], `/datasets/${dataset}/flags/`, filter);

export const getFlag = (id: number) => http.get<Flag>(`/flags/${id}/`);

export const useFlag = (id: number | null) =>
  useQuery({ queryKey: ["flag", id], queryFn: () => getFlag(id ?? 0), enabled: id !== null });

/** Leases the next flags; those already leased to this person come first and are renewed. */
export const takeFromQueue = (dataset: number, queue: QueueName, size: number) =>
  http.post<QueueAnswer>(`/datasets/${dataset}/queue/`, { queue, size });

export const decide = (flag: Flag, decision: Decision) =>
  http.post<Flag>(`/flags/${flag.id}/decide/`, { ...decision, seen_version: flag.version });

export const undo = (flag: Flag) =>
  http.post<Flag>(`/flags/${flag.id}/undo/`, { seen_version: flag.version });

export const postComment = (flag: number, text: string) =>
  http.post<Comment>(`/flags/${flag}/comments/`, { text });
