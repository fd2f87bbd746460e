import { Button } from "@mantine/core";

type List = { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };

/** The button that asks for the next page of a list, while there is one. */
export function More({ list }: { list: List }) {
  if (!list.hasNextPage) return null;
  return (
    <div style={{ display: "grid", placeItems: "center", padding: 16 }}>
      <Button variant="default" loading={list.isFetchingNextPage} onClick={() => list.fetchNextPage()}>
        Show more
      </Button>
    </div>
  );
}
