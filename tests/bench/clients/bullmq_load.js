// BullMQ's own client and worker; see load.js.
"use strict";

const { Queue, Worker } = require("bullmq");
const { what, address, clients, produce, counter } = require("./load");

const connection = { host: "127.0.0.1", port: Number(address.split(":")[1]) };
const gone = { removeOnComplete: true };

async function main() {
  if (what === "work") {
    const count = counter(() => setTimeout(() => process.exit(0), 200));
    const worker = new Worker("bench", async (job) => count(job.data), { connection, concurrency: clients });
    await worker.waitUntilReady();
    console.log("ready");
    return;
  }
  const queues = Array.from({ length: Math.max(clients, 1) }, () => new Queue("bench", { connection }));
  await Promise.all(queues.map((queue) => queue.waitUntilReady()));
  await produce({
    put: (client, data) => queues[client].add("Bench", data, gone),
    bulk: (client, list) => queues[client].addBulk(list.map((data) => ({ name: "Bench", data, opts: gone }))),
  });
  process.exit(0);
}

main();
