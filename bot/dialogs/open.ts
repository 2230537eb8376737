import type { OpenDialog } from '../entries.ts';

export const openDialog: OpenDialog = () => Promise.reject(new Error('Dialogs are being built.'));
