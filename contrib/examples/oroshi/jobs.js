"use strict";
// The background work that runs in this process, because it needs the database. jobd asks for each with a signed POST
// to /jobs/NAME; what a function returns becomes the job's result.

const { randomUUID } = require("crypto");
const settings = require("./settings");
const queue = require("./queue");
const { db, transaction, message, order } = require("./db");

class Refusal extends Error {}

/**
 * Every ten minutes: all messages that wait are one batch of mails. MailerDoneJob hears when each has been tried, and
 * again when all are out; what was given up in between is noticed here.
 */
async function MailerJob() {
  await settle(db.all("SELECT * FROM messages WHERE state = 'sending'"));
  const waiting = transaction(() => {
    const rows = db.all("SELECT * FROM messages WHERE state = 'waiting' ORDER BY id");
    for (const row of rows) {
      row.jid = randomUUID();
      db.run("UPDATE messages SET state = 'sending', jid = ? WHERE id = ?", [row.jid, row.id]);
    }
    return rows;
  });
  if (waiting.length === 0) return { messages: 0 };
  const done = { jobtype: "Oroshi::MailerDoneJob", argument: { messages: waiting.map((row) => row.id) } };
  try {
    const bid = await queue.pushBatch(`${waiting.length} messages`, { complete: done, success: done },
      waiting.map(({ jid, to, name, subject, text }) => ({ jobtype: "Oroshi::MessageMail", jid, argument: { to, name, subject, text } })));
    return { messages: waiting.length, bid };
  } catch (error) {
    transaction(() => waiting.forEach((row) => db.run("UPDATE messages SET state = 'waiting' WHERE id = ?", [row.id])));
    throw error;
  }
}

/** Both callbacks of a batch. */
async function MailerDoneJob({ messages }) {
  return settle(messages.map((id) => db.get("SELECT * FROM messages WHERE id = ?", [id])).filter(Boolean));
}

const ENDS = { done: "sent", dead: "failed", cancelled: "failed" };

/** Notes which messages went out; the office hears of those that did not. Others are being tried again. */
async function settle(rows) {
  const jobs = await Promise.all(rows.map((row) => queue.ask("JOB", row.jid)));
  const count = { sent: 0, failed: 0, sending: 0 };
  transaction(() =>
    rows.forEach((row, index) => {
      const state = ENDS[jobs[index].state] || "sending";
      count[state] += 1;
      db.run("UPDATE messages SET state = ? WHERE id = ?", [state, row.id]);
      if (state === "failed" && row.to !== settings.office && row.state !== state)
        message(settings.office, "Office", `Not delivered: ${row.subject}`, `To ${row.to}.`);
    }));
  return count;
}

/** Somebody sits in front of the screen and waits: what an invoice will say. */
async function InvoicePreviewJob({ order: id }) {
  const found = order(id);
  if (!found) throw new Refusal(`there is no order ${id}`);
  return { buyer: found.buyer_name, lines: found.lines.length, total_yen: found.total_yen };
}

/** After orders: is there enough of everything? The office gets one message about all that is short. */
async function SupplyCheckJob() {
  const short = db.all('SELECT s.name, s.stock, sum(l.quantity) AS ordered FROM supplies s JOIN lines l ON l.supply = s.id' +
    " GROUP BY s.id HAVING ordered > s.stock ORDER BY s.id");
  if (short.length)
    transaction(() => message(settings.office, "Office", `Supplies: ${short.length} short`,
      short.map((row) => `${row.name}: ${row.ordered} ordered, ${row.stock} there`).join("; ")));
  return { short: short.map((row) => row.name) };
}

module.exports = { Refusal, jobs: { MailerJob, MailerDoneJob, InvoicePreviewJob, SupplyCheckJob } };
