"use strict";
// The API. It answers 202 as soon as a job is on jobd's disk, and 503 when that is not possible: nothing is sent from
// here. What became of a job, digest schedules, figures and health are asked of jobd itself: see http in jobd.conf.
// X-User names the caller, as the proxy in front of us has found out.

const { timingSafeEqual } = require("crypto");
const express = require("express");
const settings = require("./settings");
const queue = require("./queue");
const notify = require("./notify");
const jobs = require("./jobs");
const { db, transaction, unread } = require("./db");
const { isSigned } = require("./signature");

const { Refusal } = notify;
const app = express();
app.use(express.json({ limit: "2mb", verify: (request, response, body) => { request.raw = body; } }));
// Errors of async handlers go to the error handler below.
const run = (handler) => (request, response, next) => handler(request, response).catch(next);
const isSame = (given, wanted) => given.length === wanted.length && timingSafeEqual(Buffer.from(given), Buffer.from(wanted));

app.get("/health", run(async (request, response) => {
  transaction(() => {});
  response.json({ status: "ok" });
}));

// From here on the caller is known.

app.use("/api", (request, response, next) => {
  request.user = request.get("X-User");
  if (!request.user || !/^[\w.@-]+$/.test(request.user)) return response.status(401).json({ error: "X-User is missing" });
  next();
});

const accepted = (jobId) => ({ success: true, status: "queued", statusCode: 202, jobId, message: "The notification is in the queue." });

/** An id that is known already, of the same owner, is no error: the request was sent twice. */
async function enqueue(request, response, job) {
  try {
    const jid = await queue.push(job);
    response.status(202).location(`/api/v1/jobs/${jid}`).json(accepted(jid));
  } catch (error) {
    const known = job.jid && !(error instanceof queue.Unavailable) && (await queue.ask("JOB", job.jid).catch(() => null));
    if (!known || !known.tags.includes(`owner:${request.user}`)) throw error;
    response.location(`/api/v1/jobs/${job.jid}`).json({ ...accepted(job.jid), status: known.state, statusCode: 200 });
  }
}

app.post("/api/notifications/send-email", run((request, response) => enqueue(request, response, notify.email(request.user, request.body))));

for (const method of ["sms", "whatsapp"])
  app.post(`/api/notifications/send-${method}`, run((request, response) =>
    enqueue(request, response, notify.message(request.user, method, request.body))));

/** { emails: [ … ] }: one answer for each, in their order. */
app.post("/api/notifications/bulk", run(async (request, response) => {
  const { emails } = request.body;
  if (!Array.isArray(emails) || emails.length === 0 || emails.length > 1000) throw new Refusal("emails: 1 to 1000 of them");
  const results = emails.map((one) => {
    try {
      const job = notify.email(request.user, one);
      return { job: { jid: require("crypto").randomUUID(), ...job } };
    } catch (error) {
      return { error: error.message };
    }
  });
  const refused = await queue.pushMany(results.filter((one) => one.job).map((one) => one.job));
  response.status(202).json({
    results: results.map(({ job, error }) =>
      error || refused[job.jid] ? { success: false, statusCode: 422, message: error || refused[job.jid] } : accepted(job.jid)),
  });
}));

// Our own worker.

const internal = express.Router();

internal.use((request, response, next) => {
  if (!isSame(request.get("Authorization") || "", `Bearer ${settings.secret}`)) return response.status(401).json({ error: "not ours" });
  next();
});

/** What a digest would say: { recipient, group?, max_updates?, kinds? }. */
internal.post("/unread", run(async (request, response) => {
  const wish = request.body;
  const person = db.get("SELECT * FROM people WHERE name = ?", [String(wish.recipient)]);
  if (!person) return response.status(404).json({ error: "nobody" });
  response.json({ person, updates: unread(person.name, wish) });
}));

internal.post("/read", run(async (request, response) => {
  transaction(() => request.body.ids.forEach((id) => db.run("UPDATE updates SET read_at = ? WHERE id = ?", [new Date().toISOString(), id])));
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
  const status = error instanceof queue.Unavailable ? 503 : error.name === "ReplyError" ? 422 : error.status || 500;
  if (status >= 500) console.error(`${request.method} ${request.path}: ${error.stack}`);
  if (status === 503) response.set("Retry-After", "5");
  response.status(status).json({ success: false, statusCode: status, message: error.message });
});

const server = app.listen(settings.port, () => console.log(`notifications on port ${settings.port}`));

for (const signal of ["SIGTERM", "SIGINT"])
  process.once(signal, () => {
    server.close(async () => {
      await queue.close();
      db.close();
      process.exit(0);
    });
    server.closeIdleConnections();
  });
