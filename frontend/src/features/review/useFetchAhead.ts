import { type Dispatch, useCallback, useEffect, useRef, useState } from "react";
import * as api from "@/api/flags";
import type { FlagDetail } from "@/api/types";
import { ahead, type Session, type SessionEvent } from "./session";

const BATCH = 5;
const FEW = 3;
const LARGEST = 100;

/** Where the items come from: a queue, and first a certain flag where one was asked for. */
export type Source = { dataset: number; queue: api.QueueName; start: number | null };

/** Keeps a few items ready ahead of the person, their images in the browser's cache. */
export function useFetchAhead(
  { dataset, queue, start }: Source,
  session: Session,
  dispatch: Dispatch<SessionEvent>,
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
