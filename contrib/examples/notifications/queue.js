"use strict";
// The queue: pushes with the client library, and jobd's own verbs over the same connection. What jobd does itself has
// the queue and the retries of jobd.conf, whatever the library fills in; what our worker does names them.

const { Client } = require("faktory-worker");

const client = new Client({ poolSize: 8 }); // FAKTORY_URL

/** The queue does not take or tell anything now: the caller of our API should come again. */
class Unavailable extends Error {}

/** What jobd says is wrong is an error of the request; that it cannot be asked is not. */
async function guarded(work) {
  try {
    return await work();
  } catch (error) {
    if (error.name === "ReplyError") throw error;
    throw new Unavailable(error.message);
  }
}

const payload = ({ jobtype, argument, ...options }) => ({ jobtype, args: [argument], ...options });

/** When the promise is fulfilled, the job is on jobd's disk. Returns its id. */
const push = (job) => guarded(() => client.push(payload(job)));

/** Many in one request. Returns an object with the reason for each id that was refused. */
const pushMany = (jobs) => guarded(async () => {
  const refused = jobs.length ? await client.pushBulk(jobs.map(payload)) : {};
  return Object.fromEntries(Object.entries(refused).map(([jid, { reason }]) => [jid, reason]));
});

/** A verb of jobd: ask("JOB", jid), ask("JOBS", { tag: "…" }). */
const ask = (verb, ...words) => guarded(async () => {
  const reply = await client.send([verb, ...words.map((word) => (typeof word === "string" ? word : JSON.stringify(word)))]);
  const read = (item) => (typeof item === "string" && /^[[{]/.test(item) ? JSON.parse(item) : item);
  return Array.isArray(reply) ? reply.map(read) : read(reply);
});

module.exports = { Unavailable, push, pushMany, ask, close: () => client.close() };
