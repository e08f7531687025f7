"use strict";
// The public side: takes the shop's webhooks and answers when the job is on disk. It has no database and next to
// nothing to break, so it stays up while the worker is restarted.

const { createHmac, timingSafeEqual } = require("crypto");
const express = require("express");
const queue = require("./queue");
const settings = require("./settings");

const app = express();
app.use(express.json({ limit: "64kb", verify: (request, response, body) => { request.raw = body; } }));
const run = (handler) => (request, response, next) => handler(request, response).catch(next);

/** X-Scicent-Signature: sha256=HEX, HMAC-SHA256 of the body as it came, by one of our secrets. */
function isSigned(header, body) {
  const given = Buffer.from(String(header || "").replace(/^sha256=/, ""), "hex");
  return settings.webhookSecrets.some((secret) => {
    const wanted = createHmac("sha256", secret).update(body).digest();
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  });
}

/** What is wrong with a sale, or null. An old one may be a recorded request that is played again. */
function problemOf({ user_id, amount, transaction_id, currency, timestamp }) {
  if (!Number.isInteger(user_id)) return "user_id is no integer";
  if (typeof amount !== "number" || !(amount > 0)) return "amount is no positive number";
  if (typeof transaction_id !== "string" || !/^[\w.-]{1,100}$/.test(transaction_id)) return "transaction_id is no word";
  if (typeof currency !== "string") return "currency is missing";
  const age = (Date.now() - Date.parse(timestamp)) / 1000;
  if (!(Math.abs(age) <= settings.webhookMaxAgeSeconds)) return `timestamp is not within ${settings.webhookMaxAgeSeconds} seconds`;
  return null;
}

// A bucket of tokens that fills as time goes by.
const bucket = { tokens: settings.webhooksPerMinute, at: Date.now() };
function isTooFast() {
  const now = Date.now();
  bucket.tokens = Math.min(settings.webhooksPerMinute, bucket.tokens + ((now - bucket.at) * settings.webhooksPerMinute) / 60000);
  bucket.at = now;
  if (bucket.tokens < 1) return true;
  bucket.tokens -= 1;
  return false;
}

const webhooks = express.Router();

webhooks.post("/scicent_sale", run(async (request, response) => {
  if (isTooFast()) return response.status(429).set("Retry-After", "1").json({ error: "too many requests" });
  if (!isSigned(request.get("X-Scicent-Signature"), request.raw || ""))
    return response.status(401).json({ error: "the signature is wrong" });
  const problem = problemOf(request.body);
  if (problem) return response.status(422).json({ error: problem });
  const jid = await queue.push("CommissionDistributionJob", [request.body], {
    queue: "volunteer_scheduler_commissions", priority: 9, retry: 10,
    // The shop sends a sale again when it has not seen our answer: the queue knows it for a month.
    custom: { unique_key: request.body.transaction_id, unique_for: 30 * 86400, unique_until: "time" },
  });
  if (jid === null) response.json({ status: "known", transaction_id: request.body.transaction_id });
  else response.status(202).json({ status: "accepted", transaction_id: request.body.transaction_id, jid });
}));

webhooks.get("/health", run(async (request, response) => {
  await queue.info();
  response.json({ status: "ok", webhook: "scicent_sale" });
}));

app.use("/volunteer_scheduler/webhooks", webhooks);
app.get("/health", run(async (request, response) => response.json({ status: "ok" })));

app.use((error, request, response, next) => {
  if (error.status && error.status < 500) return response.status(error.status).json({ error: error.message });
  // Not accepted, so the shop tries it again.
  console.error(`${request.method} ${request.path}: ${error.message}`);
  response.status(503).set("Retry-After", "5").json({ error: "the queue does not take it now" });
});

const server = app.listen(settings.port, () => console.log(`webhooks on port ${settings.port}`));

for (const signal of ["SIGTERM", "SIGINT"])
  process.once(signal, () => {
    server.close(() => queue.close().finally(() => process.exit(0)));
    server.closeIdleConnections();
  });
