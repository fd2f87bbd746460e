import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { http, rememberCsrfToken } from "./http";
import type { Session } from "./types";

const KEY = ["session"];

function remember(session: Session) {
  rememberCsrfToken(session.csrf_token);
  return session;
}

const getSession = () => http.get<Session>("/session/").then(remember);

export function useSession() {
  return useQuery({ queryKey: KEY, queryFn: getSession, staleTime: Number.POSITIVE_INFINITY });
}

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { username: string; password: string }) =>
      http.post<Session>("/session/", body).then(remember),
    onSuccess: (session) => {
      client.clear();
      client.setQueryData(KEY, session);
    },
  });
}

export function useSignOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => http.delete("/session/"),
    onSuccess: async () => {
      client.clear();
      await client.fetchQuery({ queryKey: KEY, queryFn: getSession });
    },
  });
}
