import { datasetKey } from "./datasets";
import { client, unwrap } from "./http";
import { usePages } from "./pages";
import type { paths } from "./schema";
import type { FlagDetail, Value } from "./types";

export type FlagFilter = NonNullable<paths["/api/datasets/{dataset}/flags/"]["get"]["parameters"]["query"]>;
export type QueueName = "priority" | "unsure" | "random";
export type Decision = {
  action: "keep" | "correct" | "ambiguous" | "exclude" | "escalate";
  value?: Value;
};

const at = (flag: number) => ({ params: { path: { flag } } });

export const useFlags = (dataset: number, query: FlagFilter) =>
  usePages([...datasetKey(dataset), "flags", query], () =>
    unwrap(client.GET("/api/datasets/{dataset}/flags/", { params: { path: { dataset }, query } })),
  );

export const getFlag = (id: number) => unwrap(client.GET("/api/flags/{flag}/", at(id)));

/** Leases the next flags; those already leased to this person come first and are renewed. */
export const takeFromQueue = (dataset: number, queue: QueueName, size: number) =>
  unwrap(
    client.POST("/api/datasets/{dataset}/queue/", { params: { path: { dataset } }, body: { queue, size } }),
  );

export const decide = (flag: FlagDetail, decision: Decision, reason: string) =>
  unwrap(
    client.POST("/api/flags/{flag}/decide/", {
      ...at(flag.id),
      body: { ...decision, reason, rule: "", seen_version: flag.version },
    }),
  );

export const undo = (flag: FlagDetail) =>
  unwrap(client.POST("/api/flags/{flag}/undo/", { ...at(flag.id), body: { seen_version: flag.version } }));

export const postComment = (flag: number, text: string) =>
  unwrap(client.POST("/api/flags/{flag}/comments/", { ...at(flag), body: { text, rule: "" } }));
