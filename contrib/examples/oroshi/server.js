"use strict";
// The web app: orders and invoices for the office, /jobs for jobd, /internal for our worker and commands, /health.

const { timingSafeEqual } = require("crypto");
const fs = require("fs");
const path = require("path");
const express = require("express");
const settings = require("./settings");
const queue = require("./queue");
const { db, transaction, order } = require("./db");
const { jobs, Refusal } = require("./jobs");
const { isSigned } = require("./signature");

const app = express();
app.use(express.json({ limit: "1mb", verify: (request, response, body) => { request.raw = body; } }));
// Errors of async handlers go to the error handler below.
const run = (handler) => (request, response, next) => handler(request, response).catch(next);
const found = (response, row, what) => (row ? response.json(row) : response.status(404).json({ error: `there is no such ${what}` }));

app.get("/health", run(async (request, response) => {
  transaction(() => {});
  response.json({ status: "ok" });
}));

// The office.

app.post("/api/orders", run(async (request, response) => {
  const { buyer, lines } = request.body;
  if (!Number.isInteger(buyer) || !Array.isArray(lines) || lines.length === 0) throw new Refusal("buyer and lines are needed");
  const id = transaction(() => {
    const key = db.run("INSERT INTO orders (buyer, ordered_at) VALUES (?, ?)", [buyer, new Date().toISOString()]).lastInsertRowid;
    for (const { supply, quantity } of lines) db.run("INSERT INTO lines VALUES (?, ?, ?)", [key, supply, quantity]);
    return key;
  });
  // After the commit. However many orders come, one check of the supplies waits.
  const document = await queue.push("Oroshi::OrderDocumentJob", { order: id },
    { queue: "documents", retry: 5, reserve_for: 300, custom: { track: 1 } });
  await queue.push("Oroshi::SupplyCheckJob", {});
  response.status(201).json({ id, document });
}));

app.get("/api/orders/:id", run(async (request, response) => found(response, order(request.params.id), "order")));

app.post("/api/orders/:id/invoice", run(async (request, response) => {
  const row = order(request.params.id);
  if (!row) return found(response, null, "order");
  const invoice = transaction(() => db.get('INSERT INTO invoices ("order") VALUES (?) ON CONFLICT DO UPDATE SET file = NULL RETURNING id', [row.id]).id);
  const jid = await queue.push("Oroshi::InvoiceJob", { invoice }, { custom: { track: 1 } });
  response.status(202).json({ invoice, jid, poll: `/api/jobs/${jid}` });
}));

app.get("/api/invoices/:id", run(async (request, response) =>
  found(response, db.get("SELECT * FROM invoices WHERE id = ?", [Number(request.params.id)]), "invoice")));

app.get("/api/invoices/:id/file", run(async (request, response) => {
  const row = db.get("SELECT file FROM invoices WHERE id = ?", [Number(request.params.id)]);
  if (!row || !row.file) return found(response, null, "file");
  response.type("application/pdf").send(fs.readFileSync(path.join(settings.storageDir, row.file)));
}));

app.post("/api/orders/:id/preview", run(async (request, response) => {
  const jid = await queue.push("Oroshi::InvoicePreviewJob", { order: Number(request.params.id) });
  response.status(202).json({ jid, poll: `/api/jobs/${jid}` });
}));

/** Polled by the page until the state is done or dead. */
app.get("/api/jobs/:jid", run(async (request, response) => {
  const [job, progress] = await Promise.all([queue.ask("JOB", request.params.jid), queue.ask("TRACK GET", request.params.jid)]);
  response.json({ jid: job.jid, state: job.state, attempts: job.attempts.length, percent: progress.percent, step: progress.desc, result: job.result });
}));

app.get("/api/messages", run(async (request, response) => response.json(db.all("SELECT * FROM messages ORDER BY id"))));

// Our own worker and commands.

const internal = express.Router();

internal.use((request, response, next) => {
  const given = Buffer.from(request.get("Authorization") || ""), wanted = Buffer.from(`Bearer ${settings.secret}`);
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return response.status(401).json({ error: "not ours" });
  next();
});

internal.get("/orders/:id", run(async (request, response) => found(response, order(request.params.id), "order")));

internal.get("/invoices/:id", run(async (request, response) => {
  const row = db.get('SELECT "order" FROM invoices WHERE id = ?', [Number(request.params.id)]);
  found(response, row && order(row.order), "invoice");
}));

internal.post("/orders/:id/attachment", run(async (request, response) => {
  transaction(() => db.run("UPDATE orders SET document = ? WHERE id = ?", [request.body.file, Number(request.params.id)]));
  response.json({});
}));

internal.post("/invoices/:id/attachment", run(async (request, response) => {
  transaction(() => db.run("UPDATE invoices SET file = ?, bytes = ? WHERE id = ?",
    [request.body.file, request.body.bytes, Number(request.params.id)]));
  response.json({});
}));

app.use("/internal", internal);

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

const server = app.listen(settings.port, () => console.log(`oroshi on port ${settings.port}`));

for (const signal of ["SIGTERM", "SIGINT"])
  process.once(signal, () => {
    server.close(async () => {
      await queue.close();
      db.close();
      process.exit(0);
    });
    server.closeIdleConnections();
  });
