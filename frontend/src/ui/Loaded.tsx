import type { ReactNode } from "react";
import { Failure } from "./Notice";
import { Waiting } from "./Waiting";

type Answer<T> = { data: T | undefined; error: Error | null; refetch: () => unknown };

/** What `children` makes of the answer; until then a spinner, or the failure in words. */
export function Loaded<T>({ answer, children }: { answer: Answer<T>; children: (data: T) => ReactNode }) {
  if (answer.data !== undefined) return children(answer.data);
  if (answer.error) return <Failure error={answer.error} onRetry={() => answer.refetch()} />;
  return <Waiting />;
}
