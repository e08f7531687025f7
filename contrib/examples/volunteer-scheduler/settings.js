"use strict";
// Settings, all from the environment, all with a default that works on a desk. Money is counted in cents.

const env = process.env;
const cents = (text) => Math.round(Number(text) * 100);

module.exports = {
  ledgerPort: Number(env.LEDGER_PORT || 3001),
  dataDir: env.VOLUNTEER_SCHEDULER_DATA || "data",
  budgets: {
    daily: Number(env.VOLUNTEER_SCHEDULER_DAILY_BUDGET || 200),
    weekly: Number(env.VOLUNTEER_SCHEDULER_WEEKLY_BUDGET || 1000),
    monthly: Number(env.VOLUNTEER_SCHEDULER_MONTHLY_BUDGET || 5000),
  },
  minCommissionCents: cents(env.VOLUNTEER_SCHEDULER_MIN_COMMISSION || 0.5),
  maxMultiplier: Number(env.VOLUNTEER_SCHEDULER_MAX_MULTIPLIER || 3),
  // What each level above the seller gets of a sale.
  referralShares: [0.1, 0.05, 0.02],
  windowDays: 30,
};
