// Asks for what every screen begins with while its scripts still load. `src/api/http.ts` takes each answer up once.
(() => {
  const ask = (path) => {
    const answer = fetch(path, { headers: { Accept: "application/json" } });
    answer.catch(() => {}); // Whoever takes it up says what is wrong.
    window.early[path] = answer;
  };
  window.early = {};
  ask("/api/session/");
  const dataset = /^\/datasets\/\d+/.exec(location.pathname);
  if (dataset) ask(`/api${dataset[0]}/`);
})();
