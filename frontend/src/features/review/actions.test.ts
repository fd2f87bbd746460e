import { expect, test } from "vitest";
import { ACTIONS, classKeys } from "./actions";
import { objection } from "./useActions";

test("no two actions share a key, and none takes a number from the classes", () => {
  const keys = ACTIONS.map(({ key }) => key);
  expect(new Set(keys).size).toBe(keys.length);
  expect(keys.filter((key) => /\d/.test(key))).toEqual([]);
});

test("the keys are those of the design", () => {
  expect(ACTIONS.map(({ key }) => key).join("")).toBe("qweaxnzcjkhg?");
});

test("classes are counted from 1, as far as the keys go", () => {
  const classes = Array.from({ length: 12 }, (_, i) => `class ${i}`);
  expect([...classKeys(classes)].at(0)).toEqual(["1", "class 0"]);
  expect([...classKeys(classes)].at(-1)).toEqual(["9", "class 8"]);
});

test("classes that are digits keep their own digit", () => {
  expect(classKeys(["0", "1", "7"])).toEqual(
    new Map([
      ["0", "0"],
      ["1", "1"],
      ["7", "7"],
    ]),
  );
});

test("a key of another action, a number or a key without a sign is refused; its own is not", () => {
  expect(objection(ACTIONS, "keep", "w")).toContain("Take suggestion");
  expect(objection(ACTIONS, "keep", "3")).toContain("classes");
  expect(objection(ACTIONS, "keep", "f5")).not.toBeNull();
  expect(objection(ACTIONS, "keep", "q")).toBeNull();
  expect(objection(ACTIONS, "keep", "p")).toBeNull();
});
