import { useInfiniteQuery } from "@tanstack/react-query";
import { follow } from "./http";

type Page<T> = { next: string | null; results: T[] };

/** A cursor-paginated list as one growing array; the server's `next` address is followed as it stands. */
export function usePages<T, P extends Page<T>>(
  key: readonly unknown[],
  getFirst: () => Promise<P & Page<T>>,
) {
  const list = useInfiniteQuery({
    queryKey: key,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) => (pageParam ? follow<P>(pageParam) : getFirst()),
    getNextPageParam: (last) => last.next,
  });
  const pages = list.data?.pages ?? [];
  return { ...list, first: pages[0], rows: pages.flatMap((page): T[] => page.results) };
}
