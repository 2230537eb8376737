import { mount } from 'svelte';
import '../theme/theme.css';
import './console.css';
import App from './App.svelte';

const target = document.getElementById('console');
if (target) mount(App, { target });
