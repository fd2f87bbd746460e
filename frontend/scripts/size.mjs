// Fails when the first usable review page needs more than its budget of JavaScript and CSS, compressed.
import { readFileSync, statSync } from "node:fs";

const BUDGET = 200_000; // bytes
const PAGE = ["index.html", "src/features/review/ReviewPage.tsx"];
const DIST = new URL("../dist/", import.meta.url);

const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", DIST), "utf8"));

/** Every file that the browser must have before `key` runs: itself, its static imports, their styles. */
function filesOf(key, seen = new Set()) {
  if (seen.has(key)) return [];
  seen.add(key);
  const { file, css = [], imports = [] } = manifest[key];
  return [file, ...css, ...imports.flatMap((next) => filesOf(next, seen))];
}

const sizeOf = (file, suffix) => statSync(new URL(`${file}${suffix}`, DIST)).size;
const seen = new Set();
const files = [...new Set(PAGE.flatMap((key) => filesOf(key, seen)))];
const total = (suffix) => files.reduce((sum, file) => sum + sizeOf(file, suffix), 0);

for (const file of files) console.log(`${(sizeOf(file, ".gz") / 1000).toFixed(1).padStart(8)} kB  ${file}`);
const [gzip, brotli] = [total(".gz"), total(".br")];
console.log(
  `review page: ${(gzip / 1000).toFixed(1)} kB gzip, ${(brotli / 1000).toFixed(1)} kB brotli; budget ${BUDGET / 1000} kB`,
);
if (gzip > BUDGET) {
  console.error("The review page is over its budget: make something lazy, or leave it out.");
  process.exit(1);
}
