import { mount } from 'svelte';
import { config } from 'zod';
import '../theme/theme.css';
import './console.css';

// zod compiles its parsers with `new Function`, which the content security policy of these pages forbids. It asks as soon
// as a schema is made, so the pages, which bring the schemas, are loaded after this.
config({ jitless: true });

const target = document.getElementById('console');
if (target) void import('./App.svelte').then(({ default: App }) => mount(App, { target }));
