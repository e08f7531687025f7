"use strict";
// The background work that runs in this process, because it needs the database. jobd asks for each with a signed POST
// to /jobs/NAME; what a function returns becomes the job's result.

const settings = require("./settings");
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

/** Once a minute: a line for the log, and mail to somebody when it gets too much; at most one an hour of a kind. */
async function watch_queue() {
  const [count, breakers] = await Promise.all([queue.ask("COUNT", {}), queue.ask("BREAKERS")]);
  const { dead = 0, ready = 0, running = 0, done = 0, retry = 0 } = count.states;
  console.log(`queue: ${ready} waiting, ${running} active, ${retry} to be retried, ${done} completed, ${dead} failed`);
  const alarms = [];
  if (dead > settings.alertFailed) alarms.push(["failed", `${dead} notifications failed`]);
  if (ready > settings.alertWaiting) alarms.push(["waiting", `${ready} notifications wait`]);
  for (const breaker of breakers) if (breaker.state !== "closed") alarms.push([breaker.target, `${breaker.target} is not asked: ${breaker.state}`]);
  const refused = await queue.pushMany(alarms.map(([kind, text]) => ({
    jobtype: "email.alert", argument: { to: settings.alertTo, text }, priority: 9,
    custom: { unique_key: `alert-${kind}`, unique_for: 3600, unique_until: "time" } })));
  return { alarms: alarms.length, mails: alarms.length - Object.keys(refused).length };
}

module.exports = { create_digest_jobs, watch_queue };
