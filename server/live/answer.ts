import type { Server as HttpServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { openAdmission } from './admission.ts';
import { isLivePath } from './socket-server.ts';

/**
 * Answers the server's requests, a few more at each turn of the loop: a thousand screens ask in the same instant, and each
 * answer begins with a look at the database for who it is. Socket.IO answers its own path; a second answer to its polling
 * requests would break both.
 */
export function answerRequests(http: HttpServer, fetch: Parameters<typeof getRequestListener>[0]): void {
  const admission = openAdmission();
  const answer = getRequestListener(fetch);
  http.on('request', (request, response) => {
    if (!isLivePath(request.url)) admission.enter(() => void answer(request, response));
  });
}
