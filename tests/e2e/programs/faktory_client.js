// The npm client faktory-worker, unchanged, against the server of FAKTORY_URL: what an application does with it.
// Prints one JSON object with what was seen; the test looks at it.
"use strict";
const assert = require("node:assert/strict");
const faktory = require("faktory-worker");

const seen = { done: [], payloads: [] };
const waiters = [];

// Resolves when the condition holds; looked at after every job.
function until(condition) {
  return new Promise((resolve) => {
    waiters.push({ condition, resolve });
    look();
  });
}

function look() {
  for (const waiter of waiters) if (waiter.condition()) waiter.resolve();
}

function job(client, type, ...args) {
  const made = client.job(type, ...args);
  made.queue = "npm";
  return made;
}

async function main() {
  const control = faktory.create();
  let attempts = 0;
  control.use(async (ctx, next) => {
    seen.payloads.push(ctx.job);
    await next();
  });
  control.register("Resize", async (...args) => {
    seen.done.push(args);
    setImmediate(look);
  });
  control.register("Flaky", async () => {
    attempts += 1;
    setImmediate(look);
    if (attempts === 1) throw Object.assign(new Error("the first time it fails"), { code: "EFLAKY" });
  });

  const client = await control.connect();
  const worker = await control.work({ queues: ["npm"], concurrency: 5 });

  // Push and work.
  const pushed = job(client, "Resize", { id: 1, big: Number.MAX_SAFE_INTEGER });
  assert.equal(await pushed.push(), pushed.jid);
  await until(() => seen.done.length === 1);

  // Fail, see it among the retries, and try it again now.
  await job(client, "Flaky").push();
  await until(() => attempts === 1);
  for (seen.retries = 0; seen.retries === 0; ) seen.retries = (await client.info()).faktory.sets.retries;
  await client.retries.ofType("Flaky").requeue();
  await until(() => attempts === 2);

  // Many at once; one of them is wrong.
  const many = Array.from({ length: 50 }, (_, n) => job(client, "Resize", n).toJSON());
  many.push({ ...job(client, "Resize").toJSON(), jobtype: "" });
  seen.refused = Object.values(await client.pushBulk(many).catch((error) => error));
  await until(() => seen.done.length === 51);

  // Move jobs that wait for their time.
  const later = new Date(Date.now() + 3600e3);
  for (const type of ["Old", "Old", "New"]) {
    const waiting = job(client, type);
    waiting.at = later;
    await waiting.push();
  }
  await client.scheduled.ofType("Old").kill();
  seen.afterKill = (await client.info()).faktory.sets;
  await client.dead.matching('*"jobtype":"Old"*').discard();
  await client.scheduled.clear();
  seen.afterClear = (await client.info()).faktory.sets;

  // An operator wants it quiet; it hears that at its next beat.
  seen.beat = await worker.client.beat();
  seen.quiet = await client.send(["WORKER", "quiet", worker.wid]);
  await worker.beat();
  seen.quieted = worker.quieted;

  // A wrong password is refused.
  const url = new URL(process.env.FAKTORY_URL);
  url.password = "wrong";
  seen.wrong = await new faktory.Client({ url: url.href }).connect().then(() => "let in", (error) => error.message);

  seen.info = await client.info();
  await client.close();
  await worker.stop();
  process.stdout.write(JSON.stringify(seen));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
