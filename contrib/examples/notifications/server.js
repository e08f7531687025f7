"use strict";
// The API. It answers 202 as soon as a job is on jobd's disk, and 503 when that is not possible: nothing is sent from
// here. X-User names the caller, as the proxy in front of us has found out.

const { timingSafeEqual } = require("crypto");
const express = require("express");
const settings = require("./settings");
const queue = require("./queue");
const digests = require("./digests");
const notify = require("./notify");
const jobs = require("./jobs");
const { db, transaction, unread } = require("./db");
const { STATUS, statesOf, tagsOf, view } = require("./jobview");
const { isSigned } = require("./signature");

const { Refusal } = notify;
const app = express();
app.use(express.json({ limit: "2mb", verify: (request, response, body) => { request.raw = body; } }));
// Errors of async handlers go to the error handler below.
const run = (handler) => (request, response, next) => handler(request, response).catch(next);
const isSame = (given, wanted) => given.length === wanted.length && timingSafeEqual(Buffer.from(given), Buffer.from(wanted));

// Health.

app.get("/health", run(async (request, response) => {
  transaction(() => {});
  response.json({ status: "ok" });
}));

/** Names as the dashboards of the time before know them. */
async function queueMetrics() {
  const { states } = await queue.ask("COUNT", {});
  const { ready = 0, running = 0, done = 0, dead = 0, scheduled = 0, retry = 0 } = states;
  return { waiting: ready, active: running, completed: done, failed: dead, delayed: scheduled + retry };
}

app.get("/api/health", run(async (request, response) => {
  response.json({ status: "ok", queue: { connected: true, metrics: await queueMetrics() } });
}));

app.get("/api/health/queue", run(async (request, response) => {
  response.json({ metrics: await queueMetrics(), circuit_breakers: await queue.ask("BREAKERS"), queues: await queue.ask("QUEUES") });
}));

// From here on the caller is known.

app.use("/api", (request, response, next) => {
  request.user = request.get("X-User");
  if (!request.user || !/^[\w.@-]+$/.test(request.user)) return response.status(401).json({ error: "X-User is missing" });
  request.isOperator = settings.operators.includes(request.user);
  next();
});

const accepted = (jobId) => ({ success: true, status: "queued", statusCode: 202, jobId, message: "The notification is in the queue." });

/** An id that is known already, of the same owner, is no error: the request was sent twice. */
async function enqueue(request, response, job) {
  try {
    const jid = await queue.push(job);
    response.status(202).location(`/api/jobs/${jid}`).json(accepted(jid));
  } catch (error) {
    const known = job.jid && !(error instanceof queue.Unavailable) && (await queue.ask("JOB", job.jid).catch(() => null));
    if (!known || tagsOf(known).owner !== request.user) throw error;
    response.location(`/api/jobs/${job.jid}`).json({ ...accepted(job.jid), status: view(known).status, statusCode: 200 });
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

// Jobs: the queue is asked, nothing is copied. Everybody sees their own.

async function jobOf(request) {
  let job;
  try {
    job = await queue.ask("JOB", request.params.id);
  } catch (error) {
    if (error instanceof queue.Unavailable) throw error;
  }
  if (!job || !(request.isOperator || tagsOf(job).owner === request.user)) throw new Refusal(`there is no job ${request.params.id}`, 404);
  return job;
}

app.get("/api/jobs/metrics", run(async (request, response) => {
  if (!request.isOperator) throw new Refusal("operators only", 403);
  const hours = Number(request.query.hours || 168);
  if (!Number.isInteger(hours) || hours < 1 || hours > 8760) throw new Refusal("hours: from 1 to 8760");
  const now = new Date().toISOString();
  const [stats, failures, late, methods] = await Promise.all([
    queue.ask("STATS", `hours=${hours}`),
    queue.ask("JOBS", { state: "dead", limit: 10 }),
    queue.ask("COUNT", { state: ["ready", "scheduled"], until: now }),
    Promise.all(["email", "sms", "whatsapp"].map(async (method) => [method, (await queue.ask("COUNT", { tag: `method:${method}` })).count])),
  ]);
  const sum = (key) => stats.hours.reduce((total, hour) => total + hour[key], 0);
  const [done, dead] = [sum("done"), sum("dead")];
  const statuses = {};
  for (const [state, count] of Object.entries(stats.states)) statuses[STATUS[state]] = (statuses[STATUS[state]] || 0) + count;
  response.json({
    hours, total: sum("pushed"), success_rate_percent: done + dead ? (100 * done) / (done + dead) : 100,
    avg_processing_time_ms: done ? sum("run_ms") / done : 0, overdue_jobs: late.count, status_counts: statuses,
    delivery_methods: Object.fromEntries(methods), recent_failures: failures.map(view),
    queue_health: dead > settings.alertFailed ? "degraded" : "healthy",
  });
}));

/** Filters: status, delivery_method, notification_type, recipient, group; order=newest|oldest, limit, after. */
app.get("/api/jobs", run(async (request, response) => {
  const { status, order, after, limit = "50", ...filters } = request.query;
  const wanted = Object.entries({ method: filters.delivery_method, type: filters.notification_type, recipient: filters.recipient,
    group: filters.group, owner: request.isOperator ? filters.owner : request.user }).filter(([, value]) => value !== undefined);
  if (status !== undefined && statesOf(status).length === 0) throw new Refusal(`status: '${status}' is unknown`);
  // The queue looks for one tag; the others are few enough by then.
  const page = await queue.ask("JOBS", { state: status && statesOf(status), tag: wanted.length ? wanted[0].join(":") : undefined, order,
    after: after && Number(after), limit: Math.min(Number(limit) || 50, 200) });
  const fits = page.filter((job) => wanted.every(([key, value]) => tagsOf(job)[key] === value));
  response.json({ jobs: fits.map(view), next: page.length ? page[page.length - 1].seq : null });
}));

app.get("/api/jobs/:id", run(async (request, response) => response.json(view(await jobOf(request)))));

app.delete("/api/jobs/:id", run(async (request, response) => {
  const job = await jobOf(request);
  if (STATUS[job.state] !== "pending") throw new Refusal(`it is ${STATUS[job.state]}`, 409);
  await queue.ask("CANCEL", job.jid);
  response.json({ success: true, status: "cancelled" });
}));

app.post("/api/jobs/retry-failed", run(async (request, response) => {
  if (!request.isOperator) throw new Refusal("operators only", 403);
  response.json(await queue.ask("BULK", { do: "retry", filter: { state: "dead" } }));
}));

// Digest schedules.

app.get("/api/digest-schedules", run(async (request, response) => {
  response.json({ schedules: await digests.list({ ...request.query, owner: request.isOperator ? request.query.owner : request.user }) });
}));

app.post("/api/digest-schedules", run(async (request, response) => {
  response.status(201).json(await digests.create(request.user, request.body));
}));

const own = (request) => {
  if (!request.isOperator && digests.rowOf(request.params.id).owner !== request.user)
    throw new Refusal(`there is no digest ${request.params.id}`, 404);
  return request.params.id;
};

app.get("/api/digest-schedules/:id", run(async (request, response) => response.json(await digests.one(own(request)))));
app.patch("/api/digest-schedules/:id", run(async (request, response) => response.json(await digests.change(own(request), request.body))));
app.delete("/api/digest-schedules/:id", run(async (request, response) => {
  await digests.remove(own(request));
  response.json({ success: true });
}));

// Our own worker.

const internal = express.Router();

internal.use((request, response, next) => {
  if (!isSame(request.get("Authorization") || "", `Bearer ${settings.secret}`)) return response.status(401).json({ error: "not ours" });
  next();
});

/** What a digest would say: of a schedule, or of a person without one. */
internal.post("/unread", run(async (request, response) => {
  const { digest, recipient } = request.body;
  const wish = digest ? db.get("SELECT * FROM digests WHERE id = ?", [digest]) : { recipient };
  const person = wish && db.get("SELECT * FROM people WHERE name = ?", [String(wish.recipient)]);
  if (!person) return response.status(404).json({ error: "nobody" });
  response.json({ person, updates: wish.muted ? [] : unread(person.name, wish) });
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
