import { expect, test } from "vitest";
import type { Dataset, FlagDetail } from "@/api/types";
import { ACTIONS } from "./actions";
import { choiceOf } from "./choice";

const RED = { bbox: [1, 2, 3, 4], label: "RBC" };
const flag = (more: object) =>
  ({
    kind: "wrong_class",
    part: { bbox: RED.bbox },
    given: RED,
    suggested: { ...RED, label: "WBC" },
    item: { label: [RED] },
    abilities: ["keep", "correct"],
    ...more,
  }) as unknown as FlagDetail;

test("the class that a part has is kept, the suggested one is the suggestion, another is sent with its place", () => {
  expect(choiceOf(flag({}), "RBC")).toEqual({ action: "keep" });
  expect(choiceOf(flag({}), "WBC")).toEqual({ action: "correct" });
  expect(choiceOf(flag({}), "Platelet")).toEqual({
    action: "correct",
    value: { ...RED, label: "Platelet" },
  });
});

test("of a whole label the class itself is sent", () => {
  const whole = flag({ part: null, given: "cat", suggested: "dog", item: { label: "cat" } });
  expect(choiceOf(whole, "cat")).toEqual({ action: "keep" });
  expect(choiceOf(whole, "owl")).toEqual({ action: "correct", value: "owl" });
});

test("two boxes at once have no one class to choose", () => {
  expect(choiceOf(flag({ given: [RED, RED], suggested: RED }), "WBC")).toBeNull();
});

const offered = (task_type: string, more: object) => {
  const now = { flag: flag(more), dataset: { task_type } as Dataset, canUndo: false };
  return ACTIONS.filter(({ id, when }) => ["take", "edit"].includes(id) && when(now)).map(({ id }) => id);
};

test.each([
  ["a class", "classification", { part: null, given: "cat", suggested: "dog" }, ["take", "edit"]],
  ["a class without a suggestion", "classification", { part: null, given: "cat", suggested: null }, ["edit"]],
  ["a box", "boxes", {}, ["take", "edit"]],
  ["a missing box", "boxes", { given: null, suggested: RED }, ["take", "edit"]],
  ["a surplus box", "boxes", { kind: "spurious_label", suggested: null }, ["take", "edit"]],
  ["two boxes", "boxes", { given: [RED, RED], suggested: RED }, ["take"]],
  ["a whole picture", "boxes", { part: null, given: [RED], suggested: null }, []],
  ["a class of several", "multilabel", { part: { class: "a" }, given: ["a"], suggested: [] }, ["take"]],
])("only what makes sense of %s is offered", (_, task, more, actions) => {
  expect(offered(task, more)).toEqual(actions);
});
