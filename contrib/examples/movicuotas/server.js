"use strict";
// The web app: what customers and the office use, /jobs for jobd, /admin/jobs for administrators, /health.

const express = require("express");
const settings = require("./settings");
const queue = require("./queue");
const { db, transaction, now } = require("./db");
const { jobs, notify, Refusal } = require("./jobs");
const { isSigned } = require("./signature");

const app = express();
app.use(express.json({ limit: "1mb", verify: (request, response, body) => { request.raw = body; } }));
// Errors of async handlers go to the error handler below.
const run = (handler) => (request, response, next) => handler(request, response).catch(next);

app.get("/health", run(async (request, response) => {
  transaction(() => {});
  response.json({ status: "ok" });
}));

// The office.

app.get("/api/instalments", run(async (request, response) => {
  response.json(db.all("SELECT i.*, d.model, d.blocked_at, p.name FROM instalments i JOIN devices d ON d.id = i.device" +
    " JOIN people p ON p.id = d.owner ORDER BY i.due_date, i.id"));
}));

app.post("/api/instalments/:id/pay", run(async (request, response) => {
  const changed = transaction(() => db.run("UPDATE instalments SET status = 'paid' WHERE id = ?", [Number(request.params.id)]).changes);
  response.status(changed ? 200 : 404).json({ paid: changed });
}));

/** What a customer says to have paid; the next check compares it with the bank. */
app.post("/api/payments", run(async (request, response) => {
  const { instalment, reference } = request.body;
  if (!Number.isInteger(instalment) || !reference) throw new Refusal("instalment and reference are needed");
  const id = transaction(() => db.run("INSERT INTO payments (instalment, reference, created_at) VALUES (?, ?, ?)",
    [instalment, String(reference), now()]).lastInsertRowid);
  response.status(201).json({ id });
}));

/** Event-driven: the row is committed, then its push is enqueued, and only then is the request answered. */
app.post("/api/notifications", run(async (request, response) => {
  const { person, title, body } = request.body;
  if (!Number.isInteger(person) || !title) throw new Refusal("person and title are needed");
  const job = transaction(() => notify(person, String(title), String(body || "")));
  const jid = await queue.push(job.jobtype, job.argument);
  response.status(201).json({ id: job.argument.notification, jid });
}));

/** The queue knows what became of it: nothing is copied into our tables. */
app.get("/api/notifications/:id", run(async (request, response) => {
  const row = db.get("SELECT * FROM notifications WHERE id = ?", [Number(request.params.id)]);
  if (!row) return response.status(404).json({ error: "no such notification" });
  const deliveries = await queue.ask("JOBS", { tag: `notification-${row.id}` });
  response.json({ ...row, deliveries: deliveries.map(({ jid, state, attempts }) => ({ jid, state, attempts })) });
}));

app.get("/api/devices/:id", run(async (request, response) => {
  const row = db.get("SELECT * FROM devices WHERE id = ?", [Number(request.params.id)]);
  response.status(row ? 200 : 404).json(row || { error: "no such device" });
}));

// Administrators: running, waiting and failed jobs, their times, another try. In production this lies behind a log-in.

const percentile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

app.get("/admin/jobs", run(async (request, response) => {
  const [count, running, dead, done] = await Promise.all([
    queue.ask("COUNT", {}), queue.ask("JOBS", { state: "running" }), queue.ask("JOBS", { state: "dead" }),
    queue.ask("JOBS", { state: "done", limit: 100 })]);
  const times = {};
  for (const job of done) (times[job.jobtype] ||= []).push(Date.parse(job.finished_at) - Date.parse(job.started_at));
  for (const [type, list] of Object.entries(times)) {
    list.sort((a, b) => a - b);
    times[type] = { runs: list.length, p50_ms: percentile(list, 0.5), p95_ms: percentile(list, 0.95) };
  }
  response.json({ states: count.states, running, dead, times });
}));

app.post("/admin/jobs/retry", run(async (request, response) => {
  response.json(await queue.ask("BULK", { do: "retry", filter: { state: "dead" } }));
}));

// jobd. 4xx: never again; 5xx: again later.

app.post("/jobs/:name", run(async (request, response) => {
  if (!isSigned(request.get("X-Jobd-Signature"), request.raw || "", settings.secret))
    return response.status(401).json({ error: "not signed by jobd" });
  if (!Object.hasOwn(jobs, request.params.name)) return response.status(404).json({ error: `no job ${request.params.name}` });
  response.json(await jobs[request.params.name]((request.body.args || [])[0] || {}));
}));

app.use((error, request, response, next) => {
  const status = error instanceof Refusal ? 422 : error.status || 500;
  if (status >= 500) console.error(`${request.method} ${request.path}: ${error.stack}`);
  response.status(status).json({ error: error.message });
});

const server = app.listen(settings.port, () => console.log(`movicuotas on port ${settings.port}`));

for (const signal of ["SIGTERM", "SIGINT"])
  process.once(signal, () => {
    server.close(async () => {
      await queue.close();
      db.close();
      process.exit(0);
    });
    server.closeIdleConnections();
  });
