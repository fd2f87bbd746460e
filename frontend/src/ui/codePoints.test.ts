import { expect, test } from "vitest";
import { excerpt, utf16Of } from "./codePoints";

/** As Python slices: by code points. */
const slice = (text: string, start: number, end: number) => {
  const at = utf16Of(text);
  return text.slice(at(start), at(end));
};

test("plain text counts alike in both", () => {
  expect(slice("Ada Lovelace wrote", 4, 12)).toBe("Lovelace");
});

test("an emoji is one code point and two units", () => {
  expect(slice("😀 Ada 😀😀 in Paris", 2, 5)).toBe("Ada");
  expect(slice("😀 Ada 😀😀 in Paris", 6, 8)).toBe("😀😀");
  expect(slice("😀 Ada 😀😀 in Paris", 12, 17)).toBe("Paris");
});

test("a family is as many code points as it is joined from", () => {
  const family = "👩‍👩‍👧";
  expect([...family]).toHaveLength(5);
  expect(slice(`${family}Ada`, 5, 8)).toBe("Ada");
});

test("a combining mark is a code point of its own", () => {
  const decomposed = "Rene\u0301 wrote";
  expect(slice(decomposed, 0, 5)).toBe("Rene\u0301");
  expect(slice(decomposed, 6, 11)).toBe("wrote");
});

test("text from right to left counts in the order in which it is read", () => {
  expect(slice("גר בירושלים מאז", 3, 11)).toBe("בירושלים");
  expect(slice("يسكن 😀 أحمد هنا", 7, 11)).toBe("أحمد");
});

test("what lies outside the text ends with it", () => {
  expect(slice("Ada", 1, 99)).toBe("da");
  expect(slice("😀", -3, 99)).toBe("😀");
  expect(slice("", 0, 4)).toBe("");
});

test("an excerpt is one line, and no longer than asked", () => {
  expect(excerpt("by Ada\n  Lovelace, who", { start: 3, end: 17 })).toBe("Ada Lovelace");
  expect([...excerpt("😀".repeat(200), { start: 0, end: 200 }, 21)]).toHaveLength(21);
});
