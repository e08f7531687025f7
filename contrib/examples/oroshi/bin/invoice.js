#!/usr/bin/env node
"use strict";
// Oroshi::InvoiceJob: makes the PDF of an invoice and attaches it. Its argument is {"invoice": 7}, as jobd passes it.
// Exit code 65: there is no such invoice, so it makes no sense to try again.

const documents = require("../documents");
const queue = require("../queue");

async function main() {
  const { invoice } = JSON.parse(process.argv[2] || "{}");
  if (!Number.isInteger(invoice)) throw new documents.Missing("the argument must be {\"invoice\": NUMBER}");
  const step = (percent, desc) => queue.progress(process.env.JOBD_JID, percent, desc);
  console.log(JSON.stringify(await documents.make("invoices", invoice, "Invoice", step)));
}

main()
  .catch((error) => {
    console.error(error.message);
    process.exitCode = error instanceof documents.Missing ? 65 : 1;
  })
  .finally(() => queue.close());
