// jobd's own client and worker for Node; see load.js.
"use strict";

const jobd = require("../../../contrib/clients/node/jobd");
const { what, address, clients, produce, counter } = require("./load");

const url = `tcp://${address}`;

async function main() {
  if (what === "work") {
    const count = counter(() => setTimeout(() => process.exit(0), 200));
    jobd.register("Bench", (job, argument) => count(argument));
    new jobd.Worker({ url, concurrency: clients, queues: ["bench"] }).run();
    console.log("ready");
    return;
  }
  const client = new jobd.Client({ url });
  await produce({
    put: (_, argument) => client.push("Bench", [argument], { queue: "bench" }),
    bulk: (_, list) => client.pushBulk("Bench", list.map((argument) => [argument]), { queue: "bench" }),
  });
  process.exit(0);
}

main();
