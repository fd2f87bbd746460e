import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const backend = process.env.BACKEND ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    manifest: true,
    target: "es2022",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 500,
    // What every screen stands on comes as one file, and each screen as one more, instead of twenty small ones.
    rolldownOptions: {
      output: { codeSplitting: { groups: [{ name: "base", test: /node_modules|\/src\/(api|ui)\// }] } },
    },
  },
  // The Host header stays as it is, or the server would take its own screens for strangers.
  server: { proxy: { "/api": { target: backend, changeOrigin: false } } },
  test: { include: ["src/**/*.test.ts"] },
});
