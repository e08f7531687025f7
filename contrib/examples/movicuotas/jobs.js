"use strict";
// The background work. jobd asks for each with a signed POST to /jobs/NAME; what a function returns becomes the
// job's result. All may be run again at any time. A Refusal means that another attempt would end the same way.

const settings = require("./settings");
const queue = require("./queue");
const { db, transaction, now } = require("./db");

class Refusal extends Error {}

const money = (cents) => `L ${(cents / 100).toFixed(2)}`;
const days = (from, to) => Math.round((Date.parse(to) - Date.parse(from)) / 86400000);

function instalment(id) {
  const row = db.get(
    "SELECT i.*, d.owner, d.model FROM instalments i JOIN devices d ON d.id = i.device WHERE i.id = ?", [Number(id)]);
  if (!row) throw new Refusal(`there is no instalment ${id}`);
  return row;
}

/**
 * A notification is a row; its push is a job. The row comes first: `notify` is called inside a transaction, and what
 * it returns is pushed when that is committed. The id of the row makes the job unique, so a second push is no second
 * message.
 */
function notify(person, title, body) {
  const id = db.run("INSERT INTO notifications (person, title, body, created_at) VALUES (?, ?, ?, ?)",
    [person, title, body, now()]).lastInsertRowid;
  return { jobtype: "SendPushNotificationJob", argument: { notification: id } };
}

// reminders

async function MarkInstallmentsOverdueJob() {
  const marked = transaction(() =>
    db.all("UPDATE instalments SET status = 'overdue' WHERE status = 'pending' AND due_date < ? RETURNING id", [settings.today()]));
  return { marked: marked.map((row) => row.id) };
}

async function DailyCollectionReminderJob() {
  const today = settings.today();
  const pushes = transaction(() =>
    db.all(
      "SELECT i.*, d.owner, d.model FROM instalments i JOIN devices d ON d.id = i.device" +
        " WHERE i.status <> 'paid' AND i.due_date <= ? AND i.reminded_on IS NOT ?", [settings.today(3), today],
    ).map((row) => {
      db.run("UPDATE instalments SET reminded_on = ? WHERE id = ?", [today, row.id]);
      return notify(row.owner, "Your instalment", `${money(row.amount_cents)} for your ${row.model} is due on ${row.due_date}.`);
    }));
  await queue.pushMany(pushes);
  return { reminded: pushes.length };
}

// notifications

async function CheckPaymentConfirmationsJob() {
  const pushes = transaction(() =>
    db.all(
      "SELECT p.id, p.instalment, i.amount_cents, d.owner, b.amount_cents AS received FROM payments p" +
        " JOIN instalments i ON i.id = p.instalment JOIN devices d ON d.id = i.device" +
        " JOIN bank_entries b ON b.reference = p.reference WHERE p.status = 'pending'",
    ).map((row) => {
      const enough = row.received >= row.amount_cents;
      db.run("UPDATE payments SET status = ? WHERE id = ?", [enough ? "confirmed" : "unknown", row.id]);
      if (enough) db.run("UPDATE instalments SET status = 'paid' WHERE id = ?", [row.instalment]);
      return notify(row.owner, enough ? "Payment received" : "Payment incomplete",
        `We received ${money(row.received)} of ${money(row.amount_cents)}.`);
    }));
  await queue.pushMany(pushes);
  return { checked: pushes.length };
}

/** One notification goes to each of the person's phones: a job a phone, which jobd sends to the gateway itself. */
async function SendPushNotificationJob({ notification }) {
  const row = db.get("SELECT * FROM notifications WHERE id = ?", [Number(notification)]);
  if (!row) throw new Refusal(`there is no notification ${notification}`);
  const tokens = db.all("SELECT id, token FROM tokens WHERE person = ?", [row.person]);
  await queue.pushMany(tokens.map(({ id, token }) => ({
    jobtype: "DeliverPush",
    argument: { token, title: row.title, body: row.body },
    custom: { unique_key: `notification-${row.id}-${id}`, unique_for: 86400, unique_until: "time", tags: [`notification-${row.id}`] },
  })));
  return { phones: tokens.length };
}

const STAGES = [
  ["Instalment overdue", "Please pay"],
  ["Second notice", "Please pay within three days"],
  ["Last notice", "Please call us today"],
];

/** Escalates: each notice plans the next one, until the instalment is paid; after the last one people are told. */
async function SendOverdueNotificationJob({ instalment: id, stage = 1 }) {
  const row = instalment(id);
  if (row.status === "paid") return { stopped: "paid" };
  if (!STAGES[stage - 1]) throw new Refusal(`there is no stage ${stage}`);
  const [title, demand] = STAGES[stage - 1];
  const push = transaction(() => notify(row.owner, title, `${demand}: ${money(row.amount_cents)}, due on ${row.due_date}.`));
  const next = stage < STAGES.length
    ? { jobtype: "SendOverdueNotificationJob", argument: { instalment: id, stage: stage + 1 },
        at: new Date(Date.now() + settings.escalationMs).toISOString(),
        custom: { unique_key: `escalation-${id}-${stage + 1}`, unique_for: 30 * 86400, tags: [`instalment-${id}`] } }
    : { jobtype: "NotifySupervisorsJob", argument: { instalment: id }, custom: { tags: [`instalment-${id}`] } };
  await queue.pushMany([push, next]);
  return { stage, next: next.jobtype };
}

async function SendLatePaymentWarningJob({ instalment: id }) {
  const row = instalment(id);
  if (row.status === "paid") return { stopped: "paid" };
  const push = transaction(() => notify(row.owner, "Your phone may be blocked", `${money(row.amount_cents)} is late since ${row.due_date}.`));
  await queue.pushMany([push]);
  return { warned: row.owner };
}

async function NotifySupervisorsJob({ instalment: id }) {
  const row = instalment(id);
  const pushes = transaction(() =>
    db.all("SELECT id FROM people WHERE role = 'supervisor'").map((boss) =>
      notify(boss.id, "Customer does not pay", `Instalment ${id}, ${money(row.amount_cents)}, due on ${row.due_date}.`)));
  await queue.pushMany(pushes);
  return { told: pushes.length };
}

// blocking: never by itself, always by a person

async function AutoBlockDeviceJob({ device: id, by }) {
  if (!by) throw new Refusal("'by' must say who blocks the device");
  const device = db.get("SELECT * FROM devices WHERE id = ?", [Number(id)]);
  if (!device) throw new Refusal(`there is no device ${id}`);
  const late = db.get("SELECT min(due_date) AS since FROM instalments WHERE device = ? AND status = 'overdue'", [device.id]).since;
  if (!late || days(late, settings.today()) < settings.blockAfterDays)
    throw new Refusal(`device ${id}: nothing is overdue for ${settings.blockAfterDays} days`);
  if (device.blocked_at) return { blocked: device.id, since: device.blocked_at };
  const push = transaction(() => {
    db.run("UPDATE devices SET blocked_at = ?, blocked_by = ? WHERE id = ?", [now(), String(by), device.id]);
    return notify(device.owner, "Phone blocked", "Please call us.");
  });
  await queue.pushMany([push]);
  return { blocked: device.id };
}

// default

async function CleanupOldNotificationsJob() {
  const limit = new Date(Date.now() - settings.keepNotificationsDays * 86400000).toISOString();
  const gone = transaction(() => db.run("DELETE FROM notifications WHERE created_at < ?", [limit]).changes);
  return { deleted: gone };
}

module.exports = {
  Refusal,
  notify,
  jobs: {
    MarkInstallmentsOverdueJob,
    DailyCollectionReminderJob,
    CheckPaymentConfirmationsJob,
    CleanupOldNotificationsJob,
    SendPushNotificationJob,
    SendOverdueNotificationJob,
    SendLatePaymentWarningJob,
    NotifySupervisorsJob,
    AutoBlockDeviceJob,
  },
};
