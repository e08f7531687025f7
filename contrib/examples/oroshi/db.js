"use strict";
// The database: one SQLite file that belongs to the web process alone. The worker and the commands ask this process.

const fs = require("fs");
const path = require("path");
const { Database } = require("node-sqlite3-wasm");
const settings = require("./settings");

const SCHEMA = `
CREATE TABLE buyers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL);
CREATE TABLE supplies (id INTEGER PRIMARY KEY, name TEXT NOT NULL, stock INTEGER NOT NULL, price_yen INTEGER NOT NULL);
CREATE TABLE orders (id INTEGER PRIMARY KEY, buyer INTEGER NOT NULL REFERENCES buyers (id), ordered_at TEXT NOT NULL, document TEXT);
CREATE TABLE lines (
  "order" INTEGER NOT NULL REFERENCES orders (id), supply INTEGER NOT NULL REFERENCES supplies (id),
  quantity INTEGER NOT NULL, PRIMARY KEY ("order", supply)
);
CREATE TABLE invoices (id INTEGER PRIMARY KEY, "order" INTEGER NOT NULL UNIQUE REFERENCES orders (id), file TEXT, bytes INTEGER);
CREATE TABLE messages (
  id INTEGER PRIMARY KEY, "to" TEXT NOT NULL, name TEXT NOT NULL, subject TEXT NOT NULL, text TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sending', 'sent', 'failed')), jid TEXT
);
`;

fs.mkdirSync(settings.storageDir, { recursive: true });
const file = path.join(settings.dataDir, "oroshi.db");
// The library locks with a directory beside the file, which a killed process leaves there. jobd never runs two
// copies of a program, so at our start nobody can hold it.
fs.rmSync(`${file}.lock`, { recursive: true, force: true });
const db = new Database(file);

/** All or nothing. */
function transaction(work) {
  db.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    db.exec("COMMIT");
    return result;
  } catch (error) {
    db.exec("ROLLBACK");
    throw error;
  }
}

const message = (to, name, subject, text) =>
  db.run('INSERT INTO messages ("to", name, subject, text) VALUES (?, ?, ?, ?)', [to, name, subject, text]);

function seed() {
  for (const row of [["Sakana-ya", "sakana@example.com"], ["Hotel Umi", "hotel@example.com"], ["Izakaya Nami", "nami@example.com"]])
    db.run("INSERT INTO buyers (name, email) VALUES (?, ?)", row);
  for (const row of [["Oysters, shelled, 500 g", 120, 900], ["Oysters in the shell, 10", 40, 1800], ["Nori, 10 sheets", 8, 450]])
    db.run("INSERT INTO supplies (name, stock, price_yen) VALUES (?, ?, ?)", row);
  db.run("INSERT INTO orders (buyer, ordered_at) VALUES (1, ?)", [new Date().toISOString()]);
  db.run('INSERT INTO lines VALUES (1, 1, 20), (1, 2, 5)');
  db.run('INSERT INTO invoices ("order") VALUES (1)');
  message("sakana@example.com", "Sakana-ya", "Your order 1", "We pack your order <today>.");
  message("hotel@example.com", "Hotel Umi", "Prices of the week", "Oysters are 900 yen.");
  message("nami@example.com", "Izakaya Nami", "Prices of the week", "Oysters are 900 yen.");
}

transaction(() => {
  if (db.get("PRAGMA user_version").user_version === 0) {
    db.exec(SCHEMA);
    seed();
    db.exec("PRAGMA user_version = 1");
  }
});

/** An order with its lines, as every document shows it; undefined if there is none. */
function order(id) {
  const row = db.get("SELECT o.*, b.name AS buyer_name, b.email FROM orders o JOIN buyers b ON b.id = o.buyer WHERE o.id = ?", [Number(id)]);
  if (!row) return undefined;
  row.lines = db.all('SELECT s.name, l.quantity, s.price_yen, l.quantity * s.price_yen AS yen FROM lines l' +
    ' JOIN supplies s ON s.id = l.supply WHERE l."order" = ? ORDER BY s.id', [row.id]);
  row.total_yen = row.lines.reduce((sum, line) => sum + line.yen, 0);
  return row;
}

module.exports = { db, transaction, message, order };
