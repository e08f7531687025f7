"use strict";
// Documents: what the worker and the commands share. They ask the app for the data, write the file where the app
// finds it, and tell the app.

const fs = require("fs");
const path = require("path");
const settings = require("./settings");
const { pdf, orderLines } = require("./pdf");

/** There is nothing to make a document of, and there will not be. */
class Missing extends Error {}

async function call(method, where, body) {
  const answer = await fetch(`${settings.app}/internal${where}`, {
    method,
    headers: { Authorization: `Bearer ${settings.secret}`, "Content-Type": "application/json" },
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  if (answer.status === 404) throw new Missing(JSON.parse(text).error);
  if (!answer.ok) throw new Error(`${method} ${where}: ${answer.status} ${text}`);
  return JSON.parse(text);
}

/** Whole or not at all: who looks into the storage sees complete files only. */
function store(name, bytes) {
  const target = path.join(settings.storageDir, name);
  fs.writeFileSync(`${target}.new`, bytes);
  fs.renameSync(`${target}.new`, target);
  return { file: name, bytes: bytes.length };
}

/** kind "invoices" or "orders"; `step` is told how far it is. Returns { file, bytes }. */
async function make(kind, id, title, step = () => {}) {
  await step(10, "asking for the data");
  const order = await call("GET", `/${kind}/${Number(id)}`);
  await step(50, "writing the file");
  const made = store(`${kind.slice(0, -1)}-${id}.pdf`, pdf(orderLines(`${title} ${id}`, order)));
  await call("POST", `/${kind}/${Number(id)}/attachment`, made);
  await step(100, "attached");
  return made;
}

module.exports = { make, Missing };
