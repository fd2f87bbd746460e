import { useInfiniteQuery } from "@tanstack/react-query";
import { http } from "./http";
import type { Page } from "./types";

type Query = Parameters<typeof http.get>[1];

/** A cursor-paginated list as one growing array; the server's `next` address is followed as it stands. */
export function usePages<T, P extends Page<T> = Page<T>>(
  key: readonly unknown[],
  path: string,
  query?: Query,
) {
  const list = useInfiniteQuery({
    queryKey: [...key, query],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) => (pageParam ? http.follow<P>(pageParam) : http.get<P>(path, query)),
    getNextPageParam: (last) => last.next,
  });
  const pages = list.data?.pages ?? [];
  return { ...list, first: pages[0], rows: pages.flatMap((page) => page.results) };
}
