import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import tailwind from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const COMMON =
  /src\/(?:api|live\/(?:age|event-socket|latest|line-bar|now|phone|read-again|throttled)|design\/(?:address|button|format|icons|page|states|status|toast))\b|agent-names/;
const PAGE = /page\('([^']+)', \(\) => import\('@\/([^']+)'\)/g;

/** Writes which scripts each page needs, so that the server names them in its first answer. */
const preloads: Plugin = {
  name: 'preloads',
  generateBundle(_, bundle) {
    const chunks = Object.values(bundle).filter((one) => one.type === 'chunk');
    const importedBy = (name: string, all = new Set<string>()): Set<string> => {
      const chunk = chunks.find(({ fileName }) => fileName === name);
      if (!chunk || all.has(name)) return all;
      all.add(name);
      for (const one of chunk.imports) importedBy(one, all);
      return all;
    };
    const first = importedBy(chunks.find(({ isEntry }) => isEntry)!.fileName);
    const routes = readFileSync(new URL('src/routes.tsx', import.meta.url), 'utf8');
    const pages = [...routes.matchAll(PAGE)].map(([, path, source]) => {
      const chunk = chunks.find(({ facadeModuleId }) => facadeModuleId?.endsWith(`/src/${source}`));
      if (!chunk) throw new Error(`${source} is no chunk of its own`);
      return [path, [...importedBy(chunk.fileName)].filter((name) => !first.has(name))] as const;
    });
    if (pages.length === 0) throw new Error('routes.tsx names no page');
    this.emitFile({ type: 'asset', fileName: 'preloads.json', source: JSON.stringify(Object.fromEntries(pages)) });
  },
};

// eslint-disable-next-line import/no-default-export -- Vite reads the default export.
export default defineConfig({
  base: '/',
  plugins: [react(), tailwind(), preloads],
  resolve: { alias: { '@': fileURLToPath(new URL('src', import.meta.url)) } },
  build: {
    outDir: 'dist',
    assetsDir: 'app/assets',
    target: 'es2023',
    // Everything is a file of its own: a strict policy lets no data address in.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 600,
    // What every page needs is two files, not twenty: each is a request of its own.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            {
              name: 'libraries',
              test: /node_modules\/(?:react|react-dom|scheduler|use-sync-external-store|@tanstack)\//,
            },
            { name: 'common', test: COMMON },
          ],
        },
      },
    },
    reportCompressedSize: false,
  },
  server: {
    proxy: Object.fromEntries(
      ['/api', '/v1', '/voice', '/agents', '/conversations', '/ws', '/health', '/docs', '/app/session'].map((path) => [
        path,
        { target: 'http://127.0.0.1:3000', ws: true },
      ]),
    ),
  },
});
