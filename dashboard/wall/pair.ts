import { mount } from 'svelte';
import '../theme/theme.css';
import './wall.css';
import Pair from './Pair.svelte';

// An entry of its own: the wall's is small enough to come over any line.
const target = document.getElementById('wall');
if (target) mount(Pair, { target });
