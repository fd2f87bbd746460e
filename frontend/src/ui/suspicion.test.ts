import { expect, test } from "vitest";
import { changeText, listChange } from "./changes";
import { type Bbox, type Part, sameValue } from "./parts";
import { accepted, classDoubt, hasSuggestion, partDoubt, relabelled } from "./suspicion";

type Doubt = Parameters<typeof partDoubt>[0];
const box = (label: string, ...bbox: Bbox) => ({ bbox, label });
const RED = box("RBC", 10, 10, 40, 40);
const WHITE = box("WBC", 90, 20, 60, 60);
const flag = (more: Partial<Doubt>): Doubt => ({
  kind: "wrong_class",
  part: { bbox: RED.bbox },
  given: RED,
  suggested: { ...RED, label: "WBC" },
  item: { label: [RED, WHITE] },
  ...more,
});

test("the others of a label are those that the flag does not speak of, once each", () => {
  expect(partDoubt(flag({}))?.others).toEqual([WHITE]);
  expect(partDoubt(flag({ item: { label: [RED, RED, WHITE] } }))?.others).toEqual([RED, WHITE]);
  expect(partDoubt(flag({ given: null, suggested: WHITE }))?.others).toEqual([RED]);
});

test("a flag of a whole item, or of a class, is not about parts", () => {
  expect(partDoubt(flag({ part: null, given: [RED, WHITE], suggested: null }))).toBeNull();
  expect(partDoubt(flag({ part: null, given: "cat", suggested: "dog" }))).toBeNull();
  expect(partDoubt(flag({ part: { class: "cat" }, given: ["cat"], suggested: [] }))).toBeNull();
});

test("nothing suggested means removal only where something is there too many", () => {
  expect(hasSuggestion(flag({ kind: "spurious_label", suggested: null }))).toBe(true);
  expect(hasSuggestion(flag({ kind: "duplicate_annotation", suggested: null }))).toBe(true);
  expect(hasSuggestion(flag({ kind: "out_of_distribution", suggested: null }))).toBe(false);
  expect(hasSuggestion(flag({ kind: "spurious_label", part: null, suggested: null }))).toBe(false);
});

test("another class goes to the part as it is given, or to the missing one where it is suggested", () => {
  expect(relabelled(flag({ suggested: box("RBC", 0, 0, 50, 50) }), "Platelet")).toEqual({
    ...RED,
    label: "Platelet",
  });
  expect(relabelled(flag({ given: null, suggested: WHITE }), "RBC")).toEqual({ ...WHITE, label: "RBC" });
  expect(relabelled(flag({ given: [RED, WHITE] }), "RBC")).toBeNull();
  expect(relabelled(flag({ part: null, given: "cat", suggested: "dog" }), "cat")).toBeNull();
});

test("what was accepted is what now stands in the flagged place", () => {
  const doubt = partDoubt(flag({})) as NonNullable<ReturnType<typeof partDoubt>>;
  expect(accepted(doubt, [{ ...RED, label: "WBC" }, WHITE])).toEqual([{ ...RED, label: "WBC" }]);
  expect(accepted(doubt, [WHITE])).toEqual([]);
});

test("a doubt about a class says which come and which go", () => {
  const more = { part: { class: "nodule" }, given: ["fluid"], suggested: ["fluid", "nodule"] };
  expect(classDoubt(flag({ kind: "missing_label", ...more }))).toEqual({
    name: "nodule",
    classes: ["fluid"],
    add: ["nodule"],
    remove: [],
  });
  const less = { part: "fluid", given: "fluid", suggested: null, item: { label: ["fluid", "nodule"] } };
  expect(classDoubt(flag({ kind: "spurious_label", ...less }))).toMatchObject({ add: [], remove: ["fluid"] });
  expect(classDoubt(flag({ part: null, given: "cat", suggested: "dog" }))).toBeNull();
  expect(classDoubt(flag({ part: null, given: [RED], suggested: null }))).toBeNull();
});

test.each<[string, Part, Part]>([
  ["the same", RED, RED],
  ["RBC → WBC", RED, { ...RED, label: "WBC" }],
  ["12 px wider on the left", RED, box("RBC", -2, 10, 52, 40)],
  ["5 px narrower on the right, 3 px shorter at the top", RED, box("RBC", 10, 13, 35, 37)],
  ["7 px to the right, 2 px up", RED, box("RBC", 17, 8, 40, 40)],
  ["starts 1 character later", { start: 3, end: 9, label: "ORG" }, { start: 4, end: 9, label: "ORG" }],
  [
    "ORG → PER, ends 5 characters earlier",
    { start: 3, end: 9, label: "ORG" },
    { start: 3, end: 4, label: "PER" },
  ],
])("a change in words: %s", (words, before, after) => {
  expect(changeText(before, after)).toBe(words);
});

test("of two lists only what differs is told", () => {
  expect(listChange([RED, WHITE], [{ ...RED, label: "WBC" }, WHITE])).toEqual({
    removed: [RED],
    added: [{ ...RED, label: "WBC" }],
    kept: 1,
  });
  expect(listChange(["a", "b"], ["b"])).toEqual({ removed: ["a"], added: [], kept: 1 });
  expect(listChange([RED], [])).toEqual({ removed: [RED], added: [], kept: 0 });
  expect(listChange("cat", "dog")).toBeNull();
});

test("the order of keys does not make two labels different", () => {
  expect(sameValue([RED], [{ label: "RBC", bbox: [10, 10, 40, 40] }])).toBe(true);
  expect(sameValue([RED], [WHITE])).toBe(false);
  expect(sameValue(["a"], ["a"])).toBe(true);
  expect(sameValue(null, "null")).toBe(false);
});
