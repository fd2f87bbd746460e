import { useMutation, useQueryClient } from "@tanstack/react-query";
import { datasetKey } from "./datasets";
import { http } from "./http";
import { usePages } from "./pages";
import type { Member, Role } from "./types";

const keyOf = (dataset: number) => [...datasetKey(dataset), "members"];

export const useMembers = (dataset: number) =>
  usePages<Member>(keyOf(dataset), `/datasets/${dataset}/members/`);

export function useAddMember(dataset: number) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { username: string; role: Role }) =>
      http.post<Member>(`/datasets/${dataset}/members/`, body),
    onSuccess: () => client.invalidateQueries({ queryKey: keyOf(dataset) }),
  });
}

export function useRemoveMember(dataset: number) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (user: number) => http.delete(`/datasets/${dataset}/members/${user}/`),
    onSuccess: () => client.invalidateQueries({ queryKey: keyOf(dataset) }),
  });
}
