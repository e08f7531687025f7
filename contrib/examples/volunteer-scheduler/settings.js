"use strict";
// Settings, all from the environment, all with a default that works on a desk. Money is counted in cents.

const env = process.env;
const cents = (text) => Math.round(Number(text) * 100);

module.exports = {
  port: Number(env.PORT || 3000),
  ledgerPort: Number(env.LEDGER_PORT || 3001),
  dataDir: env.VOLUNTEER_SCHEDULER_DATA || "data",
  // Several, separated by commas, while a secret is being changed.
  webhookSecrets: (env.SCICENT_WEBHOOK_SECRET || "development").split(",").filter(Boolean),
  webhookMaxAgeSeconds: Number(env.SCICENT_WEBHOOK_MAX_AGE || 300),
  webhooksPerMinute: Number(env.SCICENT_WEBHOOKS_PER_MINUTE || 600),
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
