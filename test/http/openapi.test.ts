import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { api, type EndpointName } from '../../server/contracts/api.ts';
import { addressOf } from '../../server/contracts/client.ts';
import { clientRoutes } from '../../server/http/client-routes.ts';
import { PERMISSIONS } from '../../server/domain/permission.ts';
import { openSite, type Site } from '../support/site.ts';
import { declareFleet, publish } from '../support/world.ts';

interface Operation {
  operationId: string;
  summary: string;
  parameters: { name: string; in: string; required: boolean; schema: object }[];
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, { $ref?: string; content?: Record<string, { schema: object }> }>;
  security: object[];
  'x-action'?: string;
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object> };
}

let site: Site;
let document: Document;
const ajv = new Ajv2020({
  strict: true,
  strictTypes: false,
  strictRequired: false,
  allErrors: true,
  formats: { email: true },
});

beforeAll(async () => {
  site = await openSite();
  const answer = await site.send('GET', '/openapi.json');
  document = (await answer.json()) as Document;
  ajv.addKeyword('components').addSchema({ $id: 'openapi', components: document.components });
});
afterAll(() => site.close());

const operations = () =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, ...operation })),
  );

/** Compiles a schema of the document with its references into the document. */
const validator = (schema: object) =>
  ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"openapi#/components/')) as object);

/** What nobody has to be signed in for: coming in, going out, and a screen that is not paired yet. */
const OPEN: readonly string[] = [
  'session.signIn',
  'session.useLink',
  'session.setUp',
  'session.signOut',
  'displays.askCode',
  'displays.claim',
];

describe('/openapi.json', () => {
  test('describes every endpoint of the table, and the streams beside it', () => {
    const described = operations().map(({ operationId }) => operationId);
    expect(document.openapi).toBe('3.1.0');
    expect(described.sort()).toEqual(
      [...Object.keys(api), 'board.show', 'tasks.logText', 'jobs.evidence', ...Object.keys(clientRoutes)].sort(),
    );
  });

  test('has no reference that leads nowhere', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, target = '']) => target);
    expect(references.length).toBeGreaterThan(50);
    for (const target of new Set(references)) {
      const parts = target.slice(2).split('/');
      const found = parts.reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], document);
      expect(found, target).toBeDefined();
    }
  });

  test('holds JSON Schemas that a strict validator takes, in parameters, bodies and answers', () => {
    for (const operation of operations()) {
      const schemas = [
        ...operation.parameters.map(({ schema }) => schema),
        ...Object.values(operation.requestBody?.content ?? {}).map(({ schema }) => schema),
        ...Object.values(operation.responses['200']?.content ?? {}).map(({ schema }) => schema),
      ];
      for (const schema of schemas) expect(() => validator(schema), operation.operationId).not.toThrow();
      expect(operation.responses.default?.$ref).toBe('#/components/responses/Problem');
    }
  });

  test('names each path parameter, and only mutations take a body', () => {
    for (const { path, method, parameters, requestBody } of operations()) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)).toEqual(inPath);
      expect(requestBody !== undefined, `${method} ${path}`).toBe(method === 'post' || method === 'patch');
    }
  });

  test('says what each endpoint needs: an action of the permission table, to be signed in, or nothing', () => {
    for (const operation of operations()) {
      const open = OPEN.includes(operation.operationId);
      expect(operation.security.length > 0, operation.operationId).toBe(!open);
      const action = operation['x-action'];
      if (action !== undefined) expect(PERMISSIONS).toHaveProperty([action]);
      else expect(operation.operationId).toMatch(/^(session|account|slack|feed|displays)\./);
    }
    const start = document.paths['/api/v1/installs']?.post;
    expect(start?.['x-action']).toBe('job.install');
  });

  test('offers the Idempotency-Key where something is changed, and nowhere else', () => {
    const takes = operations()
      .filter(({ parameters }) => parameters.some(({ name }) => name === 'Idempotency-Key'))
      .map(({ operationId }) => operationId);
    expect(takes).toEqual(expect.arrayContaining(['installs.start', 'tokens.create', 'tokens.revoke', 'fleet.apply']));
    for (const none of ['installs.preview', 'fleet.plan', 'jobs.list', 'session.signIn'])
      expect(takes).not.toContain(none);
  });

  test('tells the truth: real answers are valid by the schemas that it gives for them', async () => {
    await declareFleet(site.world, { targets: 3 });
    await publish(site.world, ['1.0.0', '1.1.0']);
    const client = await site.tokenOf(['admin']);
    const answers: [EndpointName, Record<string, unknown>][] = [
      ['session.show', {}],
      ['products.list', {}],
      ['releases.list', {}],
      ['releases.show', { id: 1 }],
      ['releases.download', { id: 1 }],
      ['environments.list', {}],
      ['hosts.list', { limit: 2 }],
      ['hosts.show', { id: 1 }],
      ['jobs.list', {}],
      ['jobs.show', { id: 1 }],
      ['jobs.tasks', { id: 1 }],
      ['activities.list', {}],
      ['tokens.list', {}],
      ['people.list', {}],
      ['installs.preview', { releaseId: 1, hostIds: [1, 2] }],
    ];
    for (const [name, input] of answers) {
      const { method, path, body } = addressOf(name, input);
      const headers = { authorization: `Bearer ${client}`, 'content-type': 'application/json' };
      const answer = await site.send(method, path, { headers, ...(body ? { body: JSON.stringify(body) } : {}) });
      expect(answer.status, name).toBe(200);
      const operation = operations().find(({ operationId }) => operationId === name);
      const schema = operation?.responses['200']?.content?.['application/json']?.schema ?? false;
      const validate = validator(schema as object);
      validate(await answer.json());
      expect(validate.errors ?? [], name).toEqual([]);
    }
  });

  test('and so is every problem', async () => {
    const problem = await (await site.send('GET', '/api/v1/jobs')).json();
    const validate = validator({ $ref: '#/components/schemas/Problem' });
    expect([validate(problem), validate.errors]).toEqual([true, null]);
    expect(validate({ ...(problem as object), code: 7 })).toBe(false);
  });
});

test('the schemas of release.json, of the feed index and of a fleet file are published', async () => {
  for (const name of ['release', 'feed-index', 'fleet']) {
    const schema = (await (await site.send('GET', `/schemas/${name}.json`)).json()) as { $schema: string };
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    expect(() => new Ajv2020({ strict: false }).compile(schema)).not.toThrow();
  }
});
