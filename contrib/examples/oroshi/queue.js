"use strict";
// The queue: pushes with the client library, and jobd's own verbs over the same connection. What jobd does itself has
// the queue and the retries of jobd.conf, whatever the library fills in; what our worker does names them.

const { randomUUID } = require("crypto");
const { Client } = require("faktory-worker");

const client = new Client({ poolSize: 4 }); // FAKTORY_URL

const payload = (jobtype, argument, options) => ({ jobtype, args: [argument], ...options });

/** When the promise is fulfilled, the job is on jobd's disk. Returns its id. */
const push = (jobtype, argument, options = {}) => client.push(payload(jobtype, argument, options));

/** A verb of jobd: ask("JOB", jid), ask("TRACK SET", { … }). */
async function ask(verb, ...words) {
  const reply = await client.send([verb, ...words.map((word) => (typeof word === "string" ? word : JSON.stringify(word)))]);
  const read = (item) => (typeof item === "string" && /^[[{]/.test(item) ? JSON.parse(item) : item);
  return Array.isArray(reply) ? reply.map(read) : read(reply);
}

/**
 * Many jobs as one batch, with two others: `complete` runs when each has been tried, `success` when all are done.
 * Neither runs before the batch is committed. Returns the batch's id.
 */
async function pushBatch(description, { complete, success }, jobs) {
  const callback = ({ jobtype, argument }) => ({ jid: randomUUID(), ...payload(jobtype, argument) });
  const bid = await ask("BATCH NEW", { description, complete: callback(complete), success: callback(success) });
  const refused = await client.pushBulk(jobs.map(({ jobtype, argument, jid }) => payload(jobtype, argument, { jid, custom: { bid } })));
  for (const { reason } of Object.values(refused)) throw new Error(reason);
  await ask("BATCH COMMIT", bid);
  return bid;
}

/** How far a job is that somebody waits for; nothing if it was not pushed to be tracked. */
const progress = (jid, percent, desc) => ask("TRACK SET", { jid, percent, desc }).catch(() => {});

module.exports = { push, pushBatch, progress, ask, close: () => client.close() };
