// Sets the colour scheme before the first paint, so that dark mode never flashes white.
// A file and not an inline script, so that the server can forbid inline scripts.
(() => {
  let choice = "auto";
  try {
    choice = localStorage.getItem("mantine-color-scheme-value") || "auto";
  } catch {
    // Storage can be blocked; the system's scheme is then used.
  }
  const dark = choice === "dark" || (choice === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
})();
