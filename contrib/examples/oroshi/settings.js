"use strict";
// Settings, all from the environment, all with a default that works on a desk.

const path = require("path");
const env = process.env;
const dataDir = env.OROSHI_DATA || "data";

module.exports = {
  port: Number(env.PORT || 3000),
  dataDir,
  storageDir: path.join(dataDir, "storage"),
  // jobd signs what it asks of /jobs, and our own commands name it to /internal; the same secret is in jobd.conf.
  secret: env.JOBS_SECRET || "development",
  office: env.OROSHI_OFFICE || "office@example.com",
  app: `http://127.0.0.1:${env.PORT || 3000}`,
};
