import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useReducer, useRef, useState } from "react";
import { datasetKey } from "@/api/datasets";
import * as api from "@/api/flags";
import { ApiError } from "@/api/http";
import type { FlagDetail } from "@/api/types";
import { announce } from "@/ui/Announcer";
import { EMPTY, reduce } from "./session";
import { type Source, useFetchAhead } from "./useFetchAhead";
import { decisionText } from "./wording";

type Attempt = api.Decision | "undo";

/** An answer that the server did not take: somebody was faster, or it could not be sent. */
export type Problem =
  | { kind: "conflict"; flag: FlagDetail; attempt: Attempt }
  | { kind: "unsent"; flag: FlagDetail; attempt: Attempt; error: Error };

function problemOf(flag: FlagDetail, attempt: Attempt, error: Error): Problem {
  const fresh = error instanceof ApiError ? error.flag : undefined;
  return fresh ? { kind: "conflict", flag: fresh, attempt } : { kind: "unsent", flag, attempt, error };
}

/** Takes the items of a queue, and moves through them while answers travel in the background. */
export function useReview(source: Source) {
  const cache = useQueryClient();
  const [session, dispatch] = useReducer(reduce, EMPTY);
  const [problem, setProblem] = useState<Problem | null>(null);
  const { fetchError, fetchMore } = useFetchAhead(source, session, dispatch);
  // Per flag what the server made of its answer, once it has; null where it refused.
  const outcomes = useRef(new Map<number, Promise<FlagDetail | null>>());

  const refuse = (flag: FlagDetail, attempt: Attempt, error: Error) => {
    const found = problemOf(flag, attempt, error);
    dispatch({ type: "refused", id: flag.id, fresh: found.flag });
    setProblem(found);
    return null;
  };

  const answer = (flag: FlagDetail, decision: api.Decision) => {
    dispatch({ type: "answered", id: flag.id, decision });
    announce(`${decisionText(flag, decision)} ${flag.item.external_id}.`);
    const outcome = api
      .decide(flag, decision, session.drafts[flag.id]?.trim() ?? "")
      .then((fresh) => {
        dispatch({ type: "confirmed", flag: fresh });
        return fresh;
      })
      .catch((error) => refuse(flag, decision, error))
      .finally(() => cache.invalidateQueries({ queryKey: datasetKey(source.dataset), refetchType: "none" }));
    outcomes.current.set(flag.id, outcome);
  };

  /** An answer still on its way is waited for: it can be taken back only once it is there. */
  const undo = async (flag: FlagDetail) => {
    dispatch({ type: "undoing", id: flag.id });
    const outcome = outcomes.current.get(flag.id);
    const answered = outcome ? await outcome : flag;
    outcomes.current.delete(flag.id);
    if (!answered) return;
    try {
      dispatch({ type: "undone", flag: await api.undo(answered) });
      announce(`Took back the answer to ${flag.item.external_id}.`);
    } catch (error) {
      refuse(answered, "undo", error as Error);
    }
  };

  const comment = async (flag: FlagDetail, text: string) => {
    const said = await api.postComment(flag.id, text);
    const comments = [...flag.comments, said];
    dispatch({ type: "replaced", flag: { ...flag, comments, comment_count: comments.length } });
    dispatch({ type: "drafted", id: flag.id, text: "" });
  };

  const current = session.flags[session.cursor] ?? null;
  const dismiss = useCallback(() => setProblem(null), []);
  return { session, current, problem, fetchError, dispatch, answer, undo, comment, fetchMore, dismiss };
}
