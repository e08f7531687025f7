"use strict";
// Settings, all from the environment, all with a default that works on a desk.

const env = process.env;

module.exports = {
  port: Number(env.PORT || 3000),
  dataDir: env.NOTIFICATIONS_DATA || "data",
  // jobd signs what it asks of /jobs, and our own worker names it to /internal; the same secret is in jobd.conf.
  secret: env.JOBS_SECRET || "development",
  app: `http://127.0.0.1:${env.PORT || 3000}`,
};
