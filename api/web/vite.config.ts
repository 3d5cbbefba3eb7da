import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const api = process.env.OBLIGOR_API ?? "http://127.0.0.1:8400";

export default defineConfig({
  base: "/static/",
  plugins: [react()],
  build: {
    outDir: "../static",
    emptyOutDir: true,
    target: "esnext",
    // Grid and charts are large and served from the same machine.
    chunkSizeWarningLimit: 2500,
    // A font or picture inside a script or sheet would need data: in the content policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: { "/v1": { target: api, ws: true } },
  },
});
