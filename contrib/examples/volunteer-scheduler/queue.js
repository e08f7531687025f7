"use strict";
// The queue: jobd's own verbs over the client library's connection.

const { Client } = require("faktory-worker");

const client = new Client({ poolSize: 1 }); // FAKTORY_URL

/** A verb of jobd: ask("SCHEDULE SET", { … }), ask("JOB", jid). */
async function ask(verb, ...words) {
  const reply = await client.send([verb, ...words.map((word) => (typeof word === "string" ? word : JSON.stringify(word)))]);
  const read = (item) => (typeof item === "string" && /^[[{]/.test(item) ? JSON.parse(item) : item);
  return Array.isArray(reply) ? reply.map(read) : read(reply);
}

module.exports = { ask, close: () => client.close() };
