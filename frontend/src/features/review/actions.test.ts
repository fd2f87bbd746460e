import { expect, test } from "vitest";
import { ACTIONS, classKeys } from "./actions";

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
