import { mount } from 'svelte';
import '../theme/theme.css';
import Wall from './Wall.svelte';

const target = document.getElementById('wall');
if (target) mount(Wall, { target });
