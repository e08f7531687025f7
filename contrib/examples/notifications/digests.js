"use strict";
// Digest schedules: what a digest contains is in our table, when it is due is a schedule in jobd, one for each row.

const queue = require("./queue");
const { db, transaction } = require("./db");
const { Refusal } = require("./notify");

const FREQUENCIES = { daily: null, weekly: 7, monthly: 31 };
const nameOf = (id) => `digest-${id}`;

function check({ recipient, frequency, delivery_time: time, delivery_day: day }) {
  if (!db.get("SELECT 1 FROM people WHERE name = ?", [String(recipient)])) throw new Refusal(`recipient: there is no '${recipient}'`);
  if (!Object.hasOwn(FREQUENCIES, frequency)) throw new Refusal(`frequency: '${frequency}' is none of ${Object.keys(FREQUENCIES).join(", ")}`);
  if (!/^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/.test(time)) throw new Refusal(`delivery_time: '${time}' is not HH:MM:SS`);
  const last = FREQUENCIES[frequency];
  if (last && !(Number.isInteger(day) && day >= 1 && day <= last)) throw new Refusal(`delivery_day: ${day} is not from 1 to ${last}`);
}

/** jobd keeps the time; on the 29th to 31st a shorter month has its last day. */
const plan = (id, wish) => queue.ask("SCHEDULE SET", {
  name: nameOf(id),
  job: "build_digest",
  args: [{ digest: id }],
  frequency: wish.frequency,
  time: wish.delivery_time,
  ...(wish.frequency === "daily" ? {} : { day: wish.delivery_day, month_end: "last" }),
  timezone: wish.timezone || "UTC",
  enabled: wish.is_active !== false,
  // Its jobs have them too.
  tags: [nameOf(id), `owner:${wish.owner}`, `recipient:${wish.recipient}`, `frequency:${wish.frequency}`],
});

async function view(row, schedule) {
  const [last] = await queue.ask("JOBS", { tag: nameOf(row.id), state: "done", limit: 1 });
  return {
    id: row.id, recipient: row.recipient, group: row.group, frequency: schedule.frequency, delivery_time: schedule.time,
    delivery_day: schedule.day ?? null, timezone: schedule.timezone, is_active: schedule.enabled,
    max_updates_per_digest: row.max_updates, include_content_types: JSON.parse(row.kinds), muted: Boolean(row.muted),
    last_digest_sent: last ? last.due_at : null, next_digest_scheduled: schedule.next_at,
  };
}

const rowOf = (id) => {
  const row = db.get("SELECT * FROM digests WHERE id = ?", [Number(id)]);
  if (!row) throw new Refusal(`there is no digest ${id}`, 404);
  return row;
};

async function one(id) {
  const row = rowOf(id);
  const [schedule] = await queue.ask("SCHEDULES", nameOf(row.id));
  return view(row, schedule);
}

async function create(owner, wish) {
  check(wish);
  const id = transaction(() =>
    db.run('INSERT INTO digests (owner, recipient, "group", max_updates, kinds) VALUES (?, ?, ?, ?, ?)',
      [owner, wish.recipient, wish.group ?? null, wish.max_updates_per_digest ?? 20, JSON.stringify(wish.include_content_types || [])]).lastInsertRowid);
  try {
    await plan(id, { ...wish, owner });
  } catch (error) {
    db.run("DELETE FROM digests WHERE id = ?", [id]);
    throw error;
  }
  return one(id);
}

async function change(id, wish) {
  const before = await one(id), row = rowOf(id);
  const after = { ...before, ...wish, owner: row.owner };
  check(after);
  await plan(row.id, after);
  transaction(() => db.run('UPDATE digests SET recipient = ?, "group" = ?, max_updates = ?, kinds = ?, muted = ? WHERE id = ?',
    [after.recipient, after.group, after.max_updates_per_digest, JSON.stringify(after.include_content_types), Number(after.muted), row.id]));
  return one(id);
}

async function remove(id) {
  const row = rowOf(id);
  await queue.ask("SCHEDULE DELETE", nameOf(row.id));
  db.run("DELETE FROM digests WHERE id = ?", [row.id]);
}

/** A page of them; filters: owner, recipient, frequency, is_active. */
async function list({ owner, recipient, frequency, is_active: active, after, limit = 50 }) {
  const tag = recipient ? `recipient:${recipient}` : frequency ? `frequency:${frequency}` : owner ? `owner:${owner}` : undefined;
  const found = await queue.ask("SCHEDULES", { job: "build_digest", tag, after, limit: Number(limit),
    enabled: active === undefined ? undefined : active === "true" });
  return Promise.all(found
    .map((schedule) => [db.get("SELECT * FROM digests WHERE id = ?", [Number(schedule.name.slice("digest-".length))]), schedule])
    .filter(([row, schedule]) => row && (!owner || row.owner === owner) && (!frequency || schedule.frequency === frequency))
    .map(([row, schedule]) => view(row, schedule)));
}

module.exports = { create, change, remove, list, one, rowOf };
