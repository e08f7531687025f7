"use strict";
// The worker: takes jobs from the queues by their weights and does them; it owns the database, so it also answers who
// looks into it (GET /commissions, /volunteers, /budgets; on the loopback only).

const http = require("http");
const faktory = require("faktory-worker");
const queue = require("./queue");
const settings = require("./settings");
const { db } = require("./db");
const { Refusal, jobs } = require("./jobs");

// jobd.conf gives these their weights; the order in which they are named here does not matter.
const QUEUES = ["volunteer_scheduler_commissions", "default", "volunteer_scheduler_multipliers", "volunteer_scheduler_budgets"];

// One job with several schedules, each with its own arguments. Setting one again changes it and keeps what is known
// of its last run.
const SCHEDULES = [
  { name: "budget-daily", schedule: "@daily", args: ["daily", null, settings.budgets.daily] },
  { name: "budget-weekly", schedule: "0 0 * * sun", args: ["weekly", null, settings.budgets.weekly] },
  { name: "budget-monthly", schedule: "0 0 1 * *", args: ["monthly", null, settings.budgets.monthly] },
];

const TABLES = { "/commissions": "commissions", "/volunteers": "volunteers", "/budgets": "budgets JOIN shares ON shares.budget = budgets.id" };

function answer(request, response) {
  const table = TABLES[request.url];
  response.writeHead(table ? 200 : 404, { "Content-Type": "application/json" });
  response.end(JSON.stringify(table ? db.all(`SELECT * FROM ${table}`) : { error: "no such table" }));
}

for (const [name, job] of Object.entries(jobs)) faktory.register(name, job);

// What can never succeed is not tried 25 times: the job is dead at once and says why.
faktory.use(async ({ job }, next) => {
  try {
    await next();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    await queue.ask("FAIL", { jid: job.jid, errtype: error.code, message: error.message, result: { no_retry: true } });
  }
});

async function main() {
  for (const schedule of SCHEDULES) await queue.ask("SCHEDULE SET", { job: "BudgetDistributionJob", ...schedule });
  const worker = await faktory.work({ queues: QUEUES, concurrency: 5 });
  worker.on("fail", ({ job, error }) => console.error(`${job.jobtype} ${job.jid}: ${error.message}`));
  // jobd looks for this port to know that we are ready.
  const ledger = http.createServer(answer).listen(settings.ledgerPort, "127.0.0.1");
  // SIGTERM, SIGINT and `jobctl worker stop` end it when its jobs have ended; then the process has nothing left to do.
  const stop = worker.stop.bind(worker);
  worker.stop = async () => {
    await stop();
    await queue.close();
    ledger.close();
    ledger.closeIdleConnections();
    db.close();
  };
  console.log(`working on ${QUEUES.join(", ")}`);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
