"use strict";
// The worker for documents of orders: a foreign worker with the public library. What it does not do, jobd's runner does.

const faktory = require("faktory-worker");
const documents = require("./documents");
const queue = require("./queue");

faktory.register("Oroshi::OrderDocumentJob", ({ order }) => async ({ job }) => {
  const made = await documents.make("orders", order, "Delivery note", (percent, desc) => queue.progress(job.jid, percent, desc));
  console.log(`order ${order}: ${made.file}, ${made.bytes} bytes`);
});

async function main() {
  const worker = await faktory.work({ queues: ["documents"], concurrency: 2 });
  worker.on("fail", ({ job, error }) => console.error(`${job.jobtype} ${job.jid}: ${error.message}`));
  // SIGTERM, SIGINT and `jobctl worker stop` end it when its jobs have ended; then the process has nothing left to do.
  const stop = worker.stop.bind(worker);
  worker.stop = async () => {
    await stop();
    await queue.close();
  };
  console.log("working on documents");
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
