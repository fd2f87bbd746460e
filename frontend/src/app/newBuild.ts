const KEY = "labelreview:reloaded";
const RECENTLY_MS = 10_000;

/**
 * Reloads a page that was opened before the server got a newer build: the old one's files are gone, and the
 * next screen asks for one of them. A file that is still missing after that is the crash screen's to report.
 */
export function followNewBuilds() {
  window.addEventListener("vite:preloadError", (event) => {
    if (Date.now() - Number(sessionStorage.getItem(KEY) ?? 0) < RECENTLY_MS) return;
    event.preventDefault();
    sessionStorage.setItem(KEY, String(Date.now()));
    window.location.reload();
  });
}
