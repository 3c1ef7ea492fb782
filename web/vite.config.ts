import { defineConfig } from "vite";

// `npm run dev` shows the page with changes as they are made, on top of a running scheduler.
const scheduler = process.env.CALLBOARD_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  base: "./",
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  build: { target: "es2020", modulePreload: { polyfill: false }, assetsInlineLimit: 0, reportCompressedSize: false },
  server: {
    proxy: {
      "/api": {
        target: scheduler,
        changeOrigin: true,
        // The scheduler answers pages of its own origin only.
        configure: (proxy) => proxy.on("proxyReq", (request) => request.removeHeader("origin")),
      },
    },
  },
});
