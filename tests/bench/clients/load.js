// What the two loads share: WHAT ADDRESS COUNT CLIENTS BATCH, and how a figure is printed.
"use strict";

const { performance } = require("node:perf_hooks");

const [what, address, ...numbers] = process.argv.slice(2);
const [count, clients, batch] = numbers.map(Number);
const PAUSE_MS = 3;
const TEXT = "a hundred bytes of payload as small jobs have it";

// Of this machine, the same in all processes.
const nowUs = () => Number(process.hrtime.bigint() / 1000n);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// The producers; put(client, argument) and bulk(client, arguments) answer when the server did.
async function produce({ put, bulk }) {
  const begin = performance.now();
  if (what === "push") {
    const each = count / clients;
    const one = async (client) => {
      for (let i = 0; i < each; i++) await put(client, { user: i, text: TEXT });
    };
    await Promise.all(Array.from({ length: clients }, (_, client) => one(client)));
  } else if (what === "bulk") {
    for (let i = 0; i < count; i += batch)
      await bulk(0, Array.from({ length: batch }, (_, j) => ({ user: i + j, text: TEXT })));
  } else if (what === "slow") {
    for (let i = 0; i < count; i++) {
      await put(0, { user: i, text: TEXT, at: nowUs() });
      await pause(PAUSE_MS);
    }
  }
  console.log("result", Math.round((count * 1000) / (performance.now() - begin)));
}

// A worker calls the function for each job; after the last one it says how fast they came, and how old they were.
function counter(done) {
  const ages = [];
  let first = 0;
  return (argument) => {
    const now = nowUs();
    first ||= now;
    ages.push(now - (argument.at || now));
    if (ages.length < count) return;
    ages.sort((a, b) => a - b);
    const at = (share) => ages[Math.floor(ages.length * share)];
    console.log("result", Math.round((count * 1e6) / (now - first)), at(0.5), at(0.99));
    done();
  };
}

module.exports = { what, address, count, clients, produce, counter };
