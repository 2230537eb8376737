import { z } from 'zod';
import { activityLine } from '../contracts/activity-line.ts';
import { api, fleetPlan, type EndpointName } from '../contracts/api.ts';
import { installPreview } from '../contracts/jobs.ts';
import { me, personView } from '../contracts/people.ts';
import { problemSchema } from '../contracts/errors.ts';
import { demotionPreview, rollbackPreview } from '../contracts/recovery.ts';
import {
  environmentView,
  hostView,
  jobPlan,
  jobView,
  productView,
  reason,
  releaseView,
  taskView,
} from '../contracts/views.ts';
import { PERMISSIONS, type Action } from '../domain/permission.ts';
import { actionOf, API_PREFIX, takesKey } from './endpoints.ts';
import { clientRoutes } from './client-routes.ts';
import { streams } from './streams.ts';

type Json = Record<string, unknown>;

const INTRODUCTION =
  'Every error is application/problem+json with a code, the cause and the next step. Every mutation takes an ' +
  'Idempotency-Key: repeated within a day with the same request it changes nothing and answers the same. ' +
  'Lists are keyset pages: send `next` as `after`.';

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'Chosen by the caller, new for each intention',
  schema: { type: 'string', minLength: 1, maxLength: 200 },
};

/** OpenAPI 3.1 of everything below /api/v1, made from the contracts and the permission table. */
export function openApiDocument(): Json {
  const shelf = namedSchemas();
  const paths: Record<string, Json> = {};
  const put = (path: string, method: string, operation: Json) => {
    const place = API_PREFIX + path.replace(/:(\w+)/g, '{$1}');
    paths[place] = { ...paths[place], [method.toLowerCase()]: operation };
  };
  for (const name of Object.keys(api) as EndpointName[]) {
    put(api[name].path, api[name].method, endpointOperation(name, shelf));
  }
  for (const [name, stream] of Object.entries(streams)) put(stream.path, 'GET', streamOperation(name, stream));
  for (const [name, route] of Object.entries(clientRoutes)) put(route.path, route.method, clientOperation(name, route));
  return {
    openapi: '3.1.0',
    info: { title: 'Signalbox', version: 'v1', description: INTRODUCTION },
    servers: [{ url: '/' }],
    paths,
    components: { schemas: schemasOf(shelf), responses: { Problem: PROBLEM }, securitySchemes: SECURITY },
  };
}

const PROBLEM = {
  description: 'Refused or failed: RFC 9457',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

const SECURITY = {
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: 'signalbox_session',
    description:
      'Set by signing in. Over https its name begins with __Host-. Mutations have to come from our own pages.',
  },
  token: { type: 'http', scheme: 'bearer', description: 'An API token: sb_…' },
  client: { type: 'http', scheme: 'bearer', description: 'The token of one client, for its own feed: sbc_…' },
};

type Shelf = z.core.$ZodRegistry<{ id: string }>;

/** The schemas that get a name of their own; each answer that is none of them is named after its endpoint. */
function namedSchemas(): Shelf {
  const shelf = z.registry<{ id: string }>();
  const named = {
    Product: productView,
    Release: releaseView,
    Environment: environmentView,
    Host: hostView,
    Job: jobView,
    JobPlan: jobPlan,
    Task: taskView,
    Reason: reason,
    Activity: activityLine,
    InstallPreview: installPreview,
    DemotionPreview: demotionPreview,
    RollbackPreview: rollbackPreview,
    FleetPlan: fleetPlan,
    Person: personView,
    Me: me,
    Problem: problemSchema,
  };
  for (const [id, schema] of Object.entries(named)) shelf.add(schema, { id });
  for (const [name, { output }] of Object.entries(api))
    if (!shelf.has(output)) shelf.add(output, { id: `${name}.answer` });
  return shelf;
}

function schemasOf(shelf: Shelf): Json {
  const { schemas } = z.toJSONSchema(shelf, { io: 'output', uri: refTo, override: withDescription });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, without(schema, ['$id', '$schema'])]));
}

function without(schema: Json, fields: readonly string[]): Json {
  return Object.fromEntries(Object.entries(schema).filter(([field]) => !fields.includes(field)));
}

function refTo(id: string): string {
  return `#/components/schemas/${id}`;
}

/** A registry of our own hides what `.describe()` wrote into zod's. */
function withDescription({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodType; jsonSchema: Json }): void {
  const description = z.globalRegistry.get(zodSchema as z.ZodType)?.description;
  if (description !== undefined) jsonSchema.description ??= description;
}

function endpointOperation(name: EndpointName, shelf: Shelf): Json {
  const { method, path, summary, input, output } = api[name];
  const guard = actionOf(name);
  const fields = fieldsOf(path, input);
  const reads = method === 'GET' || method === 'DELETE';
  const id = shelf.get(output as z.ZodType)?.id ?? `${name}.answer`;
  return {
    operationId: name,
    tags: [name.slice(0, name.indexOf('.'))],
    summary,
    ...guardNote(guard),
    parameters: [...fields.path, ...(reads ? fields.query : []), ...(takesKey(name) ? [IDEMPOTENCY_KEY] : [])],
    ...(reads ? {} : { requestBody: { content: { 'application/json': { schema: fields.body } } } }),
    responses: responses('application/json', { $ref: refTo(id) }),
  };
}

function streamOperation(name: string, stream: (typeof streams)[keyof typeof streams]): Json {
  const fields = fieldsOf(stream.path, stream.input);
  return {
    operationId: name,
    tags: [name.slice(0, name.indexOf('.'))],
    summary: stream.summary,
    ...guardNote(stream.action),
    parameters: [...fields.path, ...fields.query],
    responses: responses(stream.type, { type: stream.type === 'application/json' ? 'object' : 'string' }),
  };
}

function clientOperation(name: string, route: (typeof clientRoutes)[keyof typeof clientRoutes]): Json {
  const fields = fieldsOf(route.path, route.input);
  const schema = route.output ? without(z.toJSONSchema(route.output, { io: 'output' }), ['$schema']) : null;
  return {
    operationId: name,
    tags: ['feed'],
    summary: route.summary,
    description: 'For the clients of a channel, each under its own token.',
    security: [{ client: [] }],
    parameters: fields.path,
    ...(route.method === 'POST' ? { requestBody: { content: { 'application/json': { schema: fields.body } } } } : {}),
    responses: responses(route.type, schema ?? { type: 'string' }),
  };
}

/** The input by where its fields travel: what the path names, and the rest as query or as body. */
function fieldsOf(path: string, input: z.ZodObject) {
  const schema = without(z.toJSONSchema(input.strict(), { io: 'input' }), ['$schema']);
  const properties = schema.properties as Record<string, Json>;
  const required = new Set(schema.required as string[] | undefined);
  const inPath = new Set([...path.matchAll(/:(\w+)/g)].map(([, field]) => field));
  const rest = Object.keys(properties).filter((field) => !inPath.has(field));
  const parameter = (place: 'path' | 'query') => (name: string) => ({
    name,
    in: place,
    required: place === 'path' || required.has(name),
    schema: properties[name],
  });
  return {
    path: Object.keys(properties)
      .filter((field) => inPath.has(field))
      .map(parameter('path')),
    query: rest.map(parameter('query')),
    body: {
      ...schema,
      properties: Object.fromEntries(rest.map((field) => [field, properties[field]])),
      required: rest.filter((field) => required.has(field)),
    },
  };
}

function guardNote(guard: Action | 'anyone' | 'signed_in' | 'person'): Json {
  if (guard === 'anyone') return { security: [] };
  const security = [{ session: [] }, { token: [] }];
  if (guard === 'signed_in') return { description: 'For everybody who is signed in.', security };
  if (guard === 'person') return { description: 'For people, at their own account.', security: [{ session: [] }] };
  const roles = PERMISSIONS[guard].join(' or ');
  return {
    description: `Needs \`${guard}\`: the role ${roles}, or one that includes it.`,
    'x-action': guard,
    security,
  };
}

function responses(type: string, schema: Json): Json {
  return {
    200: { description: 'Done', content: { [type]: { schema } } },
    default: { $ref: '#/components/responses/Problem' },
  };
}
