import { useMutation, useQueryClient } from "@tanstack/react-query";
import { datasetKey } from "./datasets";
import { client, unwrap } from "./http";
import { usePages } from "./pages";
import type { Role } from "./types";

const keyOf = (dataset: number) => [...datasetKey(dataset), "members"];
const at = (dataset: number) => ({ params: { path: { dataset } } });

export const useMembers = (dataset: number) =>
  usePages(keyOf(dataset), () => unwrap(client.GET("/api/datasets/{dataset}/members/", at(dataset))));

export function useAddMember(dataset: number) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: { username: string; role: Role }) =>
      unwrap(client.POST("/api/datasets/{dataset}/members/", { ...at(dataset), body })),
    onSuccess: () => cache.invalidateQueries({ queryKey: keyOf(dataset) }),
  });
}

export function useRemoveMember(dataset: number) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (user: number) =>
      unwrap(
        client.DELETE("/api/datasets/{dataset}/members/{user}/", { params: { path: { dataset, user } } }),
      ),
    onSuccess: () => cache.invalidateQueries({ queryKey: keyOf(dataset) }),
  });
}
