// contrib/clients/node for test_clients.py: does what the lines on its stdin say, and tells it as JSON; see client.py.
"use strict";
const readline = require("node:readline");
const jobd = require("../../../../contrib/clients/node/jobd");

const tell = (told) => console.log(JSON.stringify(told));
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

jobd.register("Echo", (job, ...args) => {
  tell({ ran: job.jid, args });
  return args;
});
jobd.register("Boom", (job, no_retry, retry_after) => {
  throw Object.assign(new Error("it went bang"), { name: "BangError", no_retry, retry_after });
});
jobd.register("Long", () => "x".repeat(100000));
jobd.register("Patient", async (job) => {
  job.progress(40, "waits");
  tell({ began: job.jid });
  if (!job.signal.aborted) await new Promise((resolve) => job.signal.addEventListener("abort", resolve));
  tell({ heard: job.jid, reason: job.signal.reason.message });
  throw job.signal.reason;
});
jobd.register("Deaf", async (job, seconds) => {
  tell({ began: job.jid });
  await wait(seconds * 1000);
});

async function load(client, count, callers) {
  const jids = [];
  const one = async () => {
    while (count-- > 0) jids.push(await client.push("Echo", [count], { queue: "load", reserve_for: 60 }));
  };
  await Promise.all(Array.from({ length: callers }, one));
  return jids;
}

async function answer(client, { push, bulk, request, count, callers, args, options }) {
  if (push) return { jid: await client.push(push, args, options ?? {}) };
  if (bulk) return client.pushBulk(bulk, args, options ?? {});
  if (count) return { jids: await load(client, count, callers) };
  return { reply: await client.request(...request) };
}

async function main() {
  if (process.argv[2] === "work") {
    const worker = new jobd.Worker(JSON.parse(process.argv[3]));
    tell({ wid: worker.wid });
    await worker.run();
    tell({ stopped: true });
    process.exit();
  }
  const client = new jobd.Client(JSON.parse(process.argv[3]));
  for await (const line of readline.createInterface({ input: process.stdin }))
    tell(await answer(client, JSON.parse(line)).catch(({ constructor, code, message }) => ({ error: constructor.name, code, message })));
}

main();
