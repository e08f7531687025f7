"use strict";
// The worker: writes digests, which takes its time, so it is no part of the API's process. Sending them is jobd's.

const faktory = require("faktory-worker");
const queue = require("./queue");
const settings = require("./settings");

async function call(where, body) {
  const answer = await fetch(`${settings.app}/internal/${where}`, {
    method: "POST",
    headers: { Authorization: `Bearer ${settings.secret}`, "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (answer.status === 404) return null;
  if (!answer.ok) throw new Error(`${where}: ${answer.status}`);
  return answer.json();
}

/** The stand-in for a service that writes prose: how many of which group. */
function summary(updates) {
  const groups = {};
  for (const { group } of updates) groups[group] = (groups[group] || 0) + 1;
  return Object.entries(groups).map(([group, count]) => `${count} in ${group}`).join(", ");
}

/** What a digest is to have, as its schedule says. Nothing unread: nothing sent. Run twice, it sends once. */
faktory.register("build_digest", async (wish) => {
  const found = await call("unread", wish);
  if (!found || found.updates.length === 0) return console.log(`digest ${JSON.stringify(wish)}: nothing to tell`);
  const { person, updates } = found;
  const jid = `digest-${person.name}-${updates[updates.length - 1].id}`;
  const known = await queue.ask("JOB", jid).catch(() => null);
  if (!known)
    await queue.push({
      jobtype: "email.digest", jid,
      argument: { to: person.email, name: person.name, summary: summary(updates), updates: updates.map(({ text, group }) => ({ text, group })) },
      custom: { tags: [`owner:${person.name}`, "method:email", "type:digest", `recipient:${person.email}`] },
    });
  await call("read", { ids: updates.map((update) => update.id) });
  console.log(`digest for ${person.name}: ${updates.length} updates`);
});

async function main() {
  const worker = await faktory.work({ queues: ["digests"], concurrency: 2 });
  worker.on("fail", ({ job, error }) => console.error(`${job.jobtype} ${job.jid}: ${error.message}`));
  // SIGTERM, SIGINT and `jobctl worker stop` end it when its jobs have ended; then the process has nothing left to do.
  const stop = worker.stop.bind(worker);
  worker.stop = async () => {
    await stop();
    await queue.close();
  };
  console.log("working on digests");
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
