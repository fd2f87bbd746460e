import { expect, test } from "vitest";
import type { Correction } from "@/api/types";
import { groupsOf } from "./groups";

const correction = (id: number, before: unknown, after: unknown) =>
  ({
    id,
    before: { value: before, status: "labelled" },
    after: { value: after, status: "labelled" },
  }) as Correction;

const sizes = (...corrections: Correction[]) =>
  groupsOf(corrections).map((group) => group.corrections.map(({ id }) => id));

test("the same change is one group, the largest first", () => {
  expect(
    sizes(correction(1, "cat", "owl"), correction(2, "cat", "dog"), correction(3, "cat", "dog")),
  ).toEqual([[2, 3], [1]]);
});

test("the same class added to different lists is the same change", () => {
  expect(
    sizes(
      correction(1, ["a"], ["a", "x"]),
      correction(2, ["b"], ["b", "x"]),
      correction(3, ["a"], ["a", "y"]),
    ),
  ).toEqual([[1, 2], [3]]);
});
