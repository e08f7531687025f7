// The public client library of Faktory's for Node, with jobd behind it; see load.js.
"use strict";

const faktory = require("faktory-worker");
const { what, address, clients, produce, counter } = require("./load");

const url = `tcp://${address}`;

async function main() {
  if (what === "work") {
    const count = counter(() => setTimeout(() => process.exit(0), 200));
    const registry = { Bench: async (argument) => count(argument) };
    // A worker of this library asks for one job after the other, whatever its concurrency.
    for (let i = 0; i < clients; i++)
      await new faktory.Worker({ url, concurrency: 1, queues: ["bench"], registry }).work();
    console.log("ready");
    return;
  }
  const client = await faktory.connect({ url, poolSize: Math.max(clients, 1) });
  const job = (argument) => {
    const made = client.job("Bench", argument);
    made.queue = "bench";
    return made;
  };
  await produce({
    put: (_, argument) => job(argument).push(),
    bulk: (_, list) => client.pushBulk(list.map(job)),
  });
  process.exit(0);
}

main();
