"use strict";
// The queue: pushes with the client library, and jobd's own verbs over the same connection.

const { Client } = require("faktory-worker");

const client = new Client({ poolSize: 4 }); // FAKTORY_URL

/** When the promise is fulfilled, the job is on jobd's disk. Returns its id, or null if one like it is known already. */
async function push(jobtype, args, options = {}) {
  try {
    return await client.push({ jobtype, args, ...options });
  } catch (error) {
    if (/^NOTUNIQUE/.test(error.message)) return null;
    throw error;
  }
}

/** A verb of jobd: ask("SCHEDULE SET", { … }), ask("JOB", jid). */
async function ask(verb, ...words) {
  const reply = await client.send([verb, ...words.map((word) => (typeof word === "string" ? word : JSON.stringify(word)))]);
  const read = (item) => (typeof item === "string" && /^[[{]/.test(item) ? JSON.parse(item) : item);
  return Array.isArray(reply) ? reply.map(read) : read(reply);
}

module.exports = { push, ask, info: () => client.info(), close: () => client.close() };
