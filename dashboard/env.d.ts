/// <reference types="svelte" />
/// <reference types="vite/client" />

/** Id of this build, set by vite.config.ts; `dev` under the development server. */
declare const __BUILD__: string;
