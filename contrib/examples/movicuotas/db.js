"use strict";
// The database: one SQLite file that belongs to the web process alone. Jobs that need it are run by this process.

const fs = require("fs");
const path = require("path");
const { Database } = require("node-sqlite3-wasm");
const settings = require("./settings");

const SCHEMA = `
CREATE TABLE people (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL CHECK (role IN ('customer', 'supervisor'))
);
CREATE TABLE devices (
  id INTEGER PRIMARY KEY, owner INTEGER NOT NULL REFERENCES people (id), model TEXT NOT NULL, blocked_at TEXT, blocked_by TEXT
);
CREATE TABLE tokens (
  id INTEGER PRIMARY KEY, person INTEGER NOT NULL REFERENCES people (id), token TEXT NOT NULL UNIQUE
);
CREATE TABLE instalments (
  id INTEGER PRIMARY KEY, device INTEGER NOT NULL REFERENCES devices (id), amount_cents INTEGER NOT NULL,
  due_date TEXT NOT NULL, status TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'overdue', 'paid')),
  reminded_on TEXT
);
CREATE TABLE payments (
  id INTEGER PRIMARY KEY, instalment INTEGER NOT NULL REFERENCES instalments (id), reference TEXT NOT NULL UNIQUE,
  created_at TEXT NOT NULL, status TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'confirmed', 'unknown'))
);
CREATE TABLE bank_entries (reference TEXT PRIMARY KEY, amount_cents INTEGER NOT NULL);
CREATE TABLE notifications (
  id INTEGER PRIMARY KEY, person INTEGER NOT NULL REFERENCES people (id), title TEXT NOT NULL, body TEXT NOT NULL,
  created_at TEXT NOT NULL
);
`;

fs.mkdirSync(settings.dataDir, { recursive: true });
const file = path.join(settings.dataDir, "movicuotas.db");
// The library locks with a directory beside the file, which a killed process leaves there. jobd never runs two
// copies of a program, so at our start nobody can hold it.
fs.rmSync(`${file}.lock`, { recursive: true, force: true });
const db = new Database(file);
let open = false;

/** All or nothing. What is pushed by `afterCommit` is pushed only when the data is on disk. */
function transaction(work) {
  if (open) return work();
  open = true;
  db.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    db.exec("COMMIT");
    return result;
  } catch (error) {
    db.exec("ROLLBACK");
    throw error;
  } finally {
    open = false;
  }
}

const now = () => new Date().toISOString();

function seed() {
  const person = (name, role) => db.run("INSERT INTO people (name, role) VALUES (?, ?)", [name, role]).lastInsertRowid;
  const device = (owner, model) => db.run("INSERT INTO devices (owner, model) VALUES (?, ?)", [owner, model]).lastInsertRowid;
  const token = (who, text) => db.run("INSERT INTO tokens (person, token) VALUES (?, ?)", [who, text]);
  const instalment = (what, cents, days, status = "pending") =>
    db.run("INSERT INTO instalments (device, amount_cents, due_date, status) VALUES (?, ?, ?, ?)",
      [what, cents, settings.today(days), status]).lastInsertRowid;
  const marta = person("Marta Paz", "customer"), luis = person("Luis Mejia", "customer"), sara = person("Sara Lobo", "customer");
  const boss = person("Irma Castro", "supervisor");
  const [m, l, s] = [device(marta, "Phone A15"), device(luis, "Phone X3"), device(sara, "Phone Mini")];
  for (const [who, text] of [[marta, "token-marta-1"], [marta, "token-marta-2"], [luis, "token-luis"], [sara, "token-sara"], [boss, "token-irma"]])
    token(who, text);
  instalment(m, 45000, -1);                                  // 1: falls overdue when the job runs
  instalment(m, 45000, 14);                                  // 2: far away
  instalment(l, 38000, 0);                                   // 3: due today, paid at the bank already
  instalment(s, 52000, -45, "overdue");                      // 4: the device may be blocked
  db.run("INSERT INTO payments (instalment, reference, created_at) VALUES (3, 'BANK-1001', ?)", [now()]);
  db.run("INSERT INTO bank_entries VALUES ('BANK-1001', 38000)");
  const old = new Date(Date.now() - 120 * 24 * 3600 * 1000).toISOString();
  db.run("INSERT INTO notifications (person, title, body, created_at) VALUES (?, 'Welcome', 'Thank you', ?)", [marta, old]);
}

transaction(() => {
  if (db.get("PRAGMA user_version").user_version === 0) {
    db.exec(SCHEMA);
    seed();
    db.exec("PRAGMA user_version = 1");
  }
});

module.exports = { db, transaction, now };
