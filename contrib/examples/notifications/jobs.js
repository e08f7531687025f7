"use strict";
// The background work that runs in this process, because it needs the database. jobd asks for each with a signed POST
// to /jobs/NAME; what a function returns becomes the job's result.

const queue = require("./queue");
const { db } = require("./db");

/** Those who have a schedule of their own in jobd. */
async function withSchedule() {
  const names = new Set();
  for (let after, page = []; after === undefined || page.length === 1000; after = page.length ? page[page.length - 1].name : "") {
    page = await queue.ask("SCHEDULES", { job: "build_digest", limit: 1000, after });
    page.forEach(({ args }) => names.add(args[0].recipient));
  }
  return names;
}

/** Once a day: a digest for everybody who has something unread and made no schedule of their own. */
async function create_digest_jobs() {
  const others = await withSchedule();
  const rows = db.all("SELECT DISTINCT recipient FROM updates WHERE read_at IS NULL ORDER BY recipient")
    .filter(({ recipient }) => !others.has(recipient));
  const refused = await queue.pushMany(rows.map(({ recipient }) => ({
    jobtype: "build_digest", argument: { recipient }, queue: "digests", retry: 3,
    custom: { unique_for: 3600, unique_until: "start", tags: [`recipient:${recipient}`] } })));
  return { pushed: rows.length - Object.keys(refused).length };
}

/** Once a minute: a line for the log. */
async function watch_queue() {
  const { states: { dead = 0, ready = 0, running = 0, done = 0, retry = 0 } } = await queue.ask("COUNT", {});
  console.log(`queue: ${ready} waiting, ${running} active, ${retry} to be retried, ${done} completed, ${dead} failed`);
  return { waiting: ready, active: running, completed: done, failed: dead };
}

module.exports = { create_digest_jobs, watch_queue };
