"use strict";
// Settings, all from the environment, all with a default that works on a desk.

const env = process.env;

module.exports = {
  port: Number(env.PORT || 3000),
  dataDir: env.MOVICUOTAS_DATA || "data",
  timeZone: env.MOVICUOTAS_TIMEZONE || "America/Tegucigalpa",
  // jobd signs what it asks of /jobs; the same secret is in jobd.conf.
  secret: env.JOBS_SECRET || "development",
  // Time between two notices about the same overdue instalment.
  escalationMs: Number(env.ESCALATION_SECONDS || 3 * 24 * 3600) * 1000,
  // A device may be blocked only when an instalment is overdue for so long.
  blockAfterDays: 30,
  keepNotificationsDays: 90,

  // The business day: instalments fall due by the shop's calendar, not by the server's.
  today(plusDays = 0) {
    const moment = new Date(Date.now() + plusDays * 24 * 3600 * 1000);
    return new Intl.DateTimeFormat("en-CA", { timeZone: this.timeZone }).format(moment);
  },
};
