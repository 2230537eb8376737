import { resolveIncident } from '../../server/services/incident/resolve.ts';
import { showIncident } from '../../server/services/incident/show.ts';
import { listProducts } from '../../server/services/product/list.ts';
import { errorsOf, type DialogKind, type InputOf } from './kind.ts';
import { pageOf, told } from './links.ts';
import { kept, missing } from './state.ts';
import { resolveDialog, RESOLUTION_MAX } from './views/verdict.ts';

/** The end of an incident, with what ended it. */
export const resolve: DialogKind<InputOf<'resolve'>> = {
  title: 'Resolve incident',
  admit: resolveIncident.admit,

  read: (input, fields) => ({ ...input, resolution: kept(fields.text('resolution'), input.resolution) }),

  async draw({ bot, caller }, { id: draftId, input }, notice) {
    const { incident } = await showIncident.run(bot.ctx, caller.actor, { id: input.incidentId });
    const { items } = await listProducts.run(bot.ctx, caller.actor, undefined);
    const product = items.find(({ id }) => id === incident.productId)?.name ?? '';
    const url = pageOf(bot, `/incidents/${incident.id}`);
    const { resolution } = input;
    return { dialog: resolveDialog({ draftId, incident, product, url, resolution, notice }) };
  },

  async submit({ bot, caller }, { input: { incidentId: id, resolution } }) {
    const problem = missing(resolution, 'Say what ended it: the incident keeps it.', RESOLUTION_MAX);
    return (
      errorsOf({ resolution: problem }) ?? {
        kind: 'go',
        run: async () => {
          await resolveIncident.run(bot.ctx, caller.actor, { id, resolution: resolution ?? '' });
          return told(`*<${pageOf(bot, `/incidents/${id}`)}|Incident ${id}>* is resolved.`);
        },
      }
    );
  },
};
