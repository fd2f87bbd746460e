import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { client, rememberCsrfToken, unwrap } from "./http";
import type { Session } from "./types";

const KEY = ["session"];

function remember(session: Session) {
  rememberCsrfToken(session.csrf_token);
  return session;
}

const getSession = () => unwrap(client.GET("/api/session/")).then(remember);

type Credentials = { username: string; password: string };

const signIn = (body: Credentials) => unwrap(client.POST("/api/session/", { body })).then(remember);

export function useSession() {
  return useQuery({ queryKey: KEY, queryFn: getSession, staleTime: Number.POSITIVE_INFINITY });
}

/** Nothing that one person saw is left for the next one. */
function useEnter() {
  const cache = useQueryClient();
  return (session: Session) => {
    cache.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== KEY[0] });
    cache.setQueryData(KEY, session);
  };
}

export function useSignIn() {
  return useMutation({ mutationFn: signIn, onSuccess: useEnter() });
}

export function useSignOut() {
  const enter = useEnter();
  return useMutation({
    mutationFn: () => unwrap(client.DELETE("/api/session/")),
    onSuccess: async () => enter(await getSession()),
  });
}
