import { mount } from 'svelte';
import '../theme/theme.css';
import './wall.css';
import { scaleOf } from './scale.ts';
import Wall from './Wall.svelte';

document.documentElement.style.setProperty('--scale', String(scaleOf(location.search)));
const target = document.getElementById('wall');
if (target) mount(Wall, { target });
