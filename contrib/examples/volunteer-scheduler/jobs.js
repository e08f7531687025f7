"use strict";
// The background work, as the worker does it. All may be run again at any time: nothing is given twice. A Refusal
// means that another attempt would end the same way.

const settings = require("./settings");
const { db, transaction, now, daysAgo } = require("./db");

class Refusal extends Error {
  constructor(code, message) {
    super(message);
    this.code = code; // the client library reports it as the error's type
  }
}

const DAYS = { daily: 1, weekly: 7, monthly: 30 };

function volunteer(id) {
  const row = db.get("SELECT * FROM volunteers WHERE id = ?", [id]);
  if (!row) throw new Refusal("UserMissing", `there is no volunteer ${id}`);
  return row;
}

/** A sale pays the people above the seller, level by level. What the shop says of it is signed, but may be nonsense. */
async function CommissionDistributionJob({ user_id, amount, transaction_id }) {
  if (!Number.isInteger(user_id)) throw new Refusal("Payload", "user_id is no integer");
  if (typeof amount !== "number" || !(amount > 0)) throw new Refusal("Payload", "amount is no positive number");
  const given = transaction(() => {
    const rows = [];
    const seen = new Set([user_id]);
    let above = volunteer(user_id).referred_by;
    for (const [level, share] of settings.referralShares.entries()) {
      if (above === null) break;
      if (seen.has(above)) throw new Refusal("ReferralChain", `the referrals of volunteer ${user_id} go in a circle`);
      seen.add(above);
      const row = volunteer(above);
      const cents = Math.round(amount * 100 * share * row.multiplier);
      if (cents >= settings.minCommissionCents) {
        db.run("INSERT OR IGNORE INTO commissions VALUES (?, ?, ?, ?, ?)", [transaction_id, row.id, level + 1, cents, now()]);
        rows.push([row.id, cents]);
      }
      above = row.referred_by;
    }
    return rows;
  });
  console.log(`commissions of ${transaction_id}: ${JSON.stringify(given)}`);
}

/** How active somebody was in the last days decides what a sale is worth to them. */
async function ActivityMultiplierCalculationJob(organization = null) {
  const changed = transaction(() =>
    db.run(
      "UPDATE volunteers SET multiplier = min(?, 1 + 0.05 *" +
        " (SELECT coalesce(sum(points), 0) FROM activities WHERE volunteer = volunteers.id AND done_at >= ?))" +
        " WHERE ? IS NULL OR organization_id = ?",
      [settings.maxMultiplier, daysAgo(settings.windowDays), organization, organization]).changes);
  console.log(`multipliers: ${changed} calculated`);
}

/** Shares an amount out by the points of the period; what cannot be divided goes to the most active. */
async function BudgetDistributionJob(period, organization = null, amount = settings.budgets[period]) {
  if (!DAYS[period]) throw new Refusal("Period", `there is no period '${period}'`);
  if (!(amount > 0)) throw new Refusal("Amount", `${amount} is no amount`);
  const startsOn = daysAgo(DAYS[period]).slice(0, 10);
  const shares = transaction(() => {
    const known = db.get("SELECT id FROM budgets WHERE period = ? AND starts_on = ? AND organization_id = ?",
      [period, startsOn, organization ?? 0]);
    if (known) return null;
    const active = db.all(
      "SELECT v.id, sum(a.points) AS points FROM volunteers v JOIN activities a ON a.volunteer = v.id" +
        " WHERE a.done_at >= ? AND (? IS NULL OR v.organization_id = ?) GROUP BY v.id ORDER BY points DESC, v.id",
      [daysAgo(DAYS[period]), organization, organization]);
    const total = active.reduce((sum, row) => sum + row.points, 0);
    const cents = Math.round(amount * 100);
    const parts = active.map((row) => ({ id: row.id, cents: Math.floor((cents * row.points) / total) }));
    if (parts.length) parts[0].cents += cents - parts.reduce((sum, part) => sum + part.cents, 0);
    const budget = db.run("INSERT INTO budgets (period, starts_on, organization_id, cents, created_at) VALUES (?, ?, ?, ?, ?)",
      [period, startsOn, organization ?? 0, cents, now()]).lastInsertRowid;
    for (const part of parts) db.run("INSERT INTO shares VALUES (?, ?, ?)", [budget, part.id, part.cents]);
    return parts;
  });
  console.log(`budget ${period} from ${startsOn}: ${shares ? JSON.stringify(shares) : "shared out already"}`);
}

module.exports = { Refusal, jobs: { CommissionDistributionJob, ActivityMultiplierCalculationJob, BudgetDistributionJob } };
