"use strict";
// The queue: pushes with the client library, and jobd's own verbs over the same connection. All of our jobs are done by
// jobd itself, so their queue and their retries are those of jobd.conf, whatever the library fills in.

const { Client } = require("faktory-worker");

const client = new Client({ poolSize: 4 }); // FAKTORY_URL

const payload = (jobtype, argument, options) => ({ jobtype, args: [argument], ...options });

/** When the promise is fulfilled, the job is on jobd's disk. Returns its id, or null if one like it waits already. */
async function push(jobtype, argument, options = {}) {
  try {
    return await client.push(payload(jobtype, argument, options));
  } catch (error) {
    if (/^NOTUNIQUE/.test(error.message)) return null;
    throw error;
  }
}

/** [{ jobtype, argument, ...options }]: many in one request. Throws if one is refused for another reason than a twin. */
async function pushMany(jobs) {
  if (jobs.length === 0) return;
  const refused = await client.pushBulk(jobs.map(({ jobtype, argument, ...options }) => payload(jobtype, argument, options)));
  for (const { reason } of Object.values(refused)) if (!/not unique/i.test(reason)) throw new Error(reason);
}

/** A verb of jobd: ask("JOBS", { state: "dead" }), ask("JOB", jid). */
async function ask(verb, ...words) {
  const reply = await client.send([verb, ...words.map((word) => (typeof word === "string" ? word : JSON.stringify(word)))]);
  const read = (item) => (typeof item === "string" && /^[[{]/.test(item) ? JSON.parse(item) : item);
  return Array.isArray(reply) ? reply.map(read) : read(reply);
}

module.exports = { push, pushMany, ask, close: () => client.close() };
