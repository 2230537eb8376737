export * from './activity.ts';
export * from './client.ts';
export * from './engine.ts';
export * from './fleet.ts';
export * from './job.ts';
export * from './person.ts';
export * from './product.ts';
export * from './steering.ts';
