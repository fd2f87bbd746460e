import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useReducer, useRef, useState } from "react";
import { datasetKey } from "@/api/datasets";
import * as api from "@/api/flags";
import { ApiError } from "@/api/http";
import type { FlagDetail } from "@/api/types";
import { announce } from "@/ui/Announcer";
import { ahead, EMPTY, reduce, type Session } from "./session";
import { decisionText } from "./wording";

const BATCH = 5;
const FEW = 3;
const LARGEST = 100;

/** An answer that the server did not take: somebody was faster, or it could not be sent. */
export type Problem =
  | { kind: "conflict"; flag: FlagDetail; decision: api.Decision | "undo" }
  | { kind: "unsent"; flag: FlagDetail; decision: api.Decision | "undo"; error: Error };

type Source = { dataset: number; queue: api.QueueName; start: number | null };

/** Takes the items of a queue, and moves through them while answers travel in the background. */
export function useReview(source: Source) {
  const client = useQueryClient();
  const [session, dispatch] = useReducer(reduce, EMPTY);
  const [problem, setProblem] = useState<Problem | null>(null);
  const { fetchError, fetchMore } = useFetchAhead(source, session, dispatch);
  const onTheWay = useRef(new Map<number, Promise<unknown>>());

  const refuse = (flag: FlagDetail, decision: api.Decision | "undo", error: Error) => {
    const fresh = error instanceof ApiError && error.status === 409 ? error.flag : undefined;
    dispatch({ type: "refused", id: flag.id, fresh });
    setProblem(
      fresh ? { kind: "conflict", flag: fresh, decision } : { kind: "unsent", flag, decision, error },
    );
  };

  const answer = (flag: FlagDetail, decision: api.Decision) => {
    const reason = session.drafts[flag.id]?.trim() ?? "";
    dispatch({ type: "answered", id: flag.id, decision });
    announce(`${decisionText(decision)} ${flag.item.external_id}.`);
    const sent = api
      .decide(flag, decision, reason)
      .then((fresh) => dispatch({ type: "confirmed", flag: fresh }))
      .catch((error) => refuse(flag, decision, error))
      .finally(() => client.invalidateQueries({ queryKey: datasetKey(source.dataset), refetchType: "none" }));
    onTheWay.current.set(flag.id, sent);
  };

  const latest = useRef(session);
  useEffect(() => {
    latest.current = session;
  });

  const undo = async (id: number) => {
    await onTheWay.current.get(id);
    const flag = latest.current.flags.find((one) => one.id === id);
    if (!flag) return;
    await api
      .undo(flag)
      .then((fresh) => {
        dispatch({ type: "undone", flag: fresh });
        announce(`Took back the answer to ${flag.item.external_id}.`);
      })
      .catch((error) => refuse(flag, "undo", error));
  };

  const comment = async (flag: FlagDetail, text: string) => {
    const comment = await api.postComment(flag.id, text);
    const comments = [...(flag.comments ?? []), comment];
    dispatch({ type: "replaced", flag: { ...flag, comments, comment_count: comments.length } });
    dispatch({ type: "drafted", id: flag.id, text: "" });
  };

  const current = session.flags[session.cursor] ?? null;
  const dismiss = useCallback(() => setProblem(null), []);
  return { session, current, problem, fetchError, dispatch, answer, undo, comment, fetchMore, dismiss };
}

/** Keeps a few items ready ahead of the person, their images in the browser's cache. */
function useFetchAhead(
  { dataset, queue, start }: Source,
  session: Session,
  dispatch: React.Dispatch<Parameters<typeof reduce>[1]>,
) {
  const [fetchError, setFetchError] = useState<Error | null>(null);
  const isFetching = useRef(false);

  const fetchMore = useCallback(
    async (held: number) => {
      if (isFetching.current) return;
      isFetching.current = true;
      setFetchError(null);
      try {
        const { results, remaining } = await api.takeFromQueue(
          dataset,
          queue,
          Math.min(held + BATCH, LARGEST),
        );
        preload(results);
        dispatch({ type: "fetched", flags: results, remaining, isLast: true });
      } catch (error) {
        setFetchError(error as Error);
      } finally {
        isFetching.current = false;
      }
    },
    [dataset, queue, dispatch],
  );

  useEffect(() => {
    if (start === null) return;
    api
      .getFlag(start)
      .then((flag) => dispatch({ type: "fetched", flags: [flag], remaining: null, isLast: false }))
      .catch(setFetchError);
  }, [start, dispatch]);

  const open = session.flags.filter((flag) => !session.answers[flag.id]?.isConfirmed).length;
  const isWaitingForStart = start !== null && session.flags.length === 0;
  const wantsMore = ahead(session) < FEW && !session.isExhausted && !isWaitingForStart && !fetchError;
  useEffect(() => {
    if (wantsMore) fetchMore(open);
  }, [wantsMore, open, fetchMore]);

  return { fetchError, fetchMore: () => fetchMore(open) };
}

function preload(flags: FlagDetail[]) {
  for (const { item } of flags) if (item.image_url) new Image().src = item.image_url;
}
