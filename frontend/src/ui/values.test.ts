import { expect, test } from "vitest";
import { valueText } from "./values";

const box = (label: string) => ({ bbox: [1.4, 2, 30, 40], label });

test.each([
  ["no label", null],
  ["none", []],
  ["cat", "cat"],
  ["fluid, nodule", ["fluid", "nodule"]],
  ["RBC 30\u00a0×\u00a040 at 1,\u00a02", box("RBC")],
  ["4 boxes: 3 RBC, 1 WBC", [box("RBC"), box("WBC"), box("RBC"), box("RBC")]],
  ["ORG 0–4", { start: 0, end: 4, label: "ORG" }],
])("a label reads: %s", (words, value) => {
  expect(valueText(value)).toBe(words);
});

test("a span reads by its words where the text is at hand", () => {
  const spans = [
    { start: 0, end: 4, label: "ORG" },
    { start: 9, end: 14, label: "LOC" },
  ];
  expect(valueText(spans, "Acme, in Paris")).toBe("ORG “Acme”, LOC “Paris”");
});
