// Builds the capture page into server/web/capture, which the server serves under /capture/.
import { resolve } from 'node:path'
import { defineConfig, type Plugin } from 'vite'

/** The detector's library names a foreign address as its default for files that the page gives it; nothing may ask there. */
const withoutForeignAddresses: Plugin = {
  name: 'without-foreign-addresses',
  transform: (code, id) =>
    id.includes('@vladmandic/human')
      ? { code: code.replaceAll('https://cdn.jsdelivr.net/npm/', '/capture/nowhere/'), map: null }
      : null,
}

export default defineConfig({
  root: resolve(import.meta.dirname, 'capture'),
  // A proxy may have the server below a path of its own.
  base: './',
  publicDir: false,
  plugins: [withoutForeignAddresses],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: resolve(import.meta.dirname, '../server/web/capture'),
    emptyOutDir: true,
    assetsDir: 'assets',
    // Data addresses would be neither cached nor allowed for every kind of file by the page's policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The detector's library is large, and fetched when the page is there already.
    chunkSizeWarningLimit: 2500,
    target: ['chrome99', 'safari15.4', 'firefox100'],
    sourcemap: false,
  },
})
