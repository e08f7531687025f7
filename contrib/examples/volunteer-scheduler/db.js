"use strict";
// The database: one SQLite file that belongs to the worker alone.

const fs = require("fs");
const path = require("path");
const { Database } = require("node-sqlite3-wasm");
const settings = require("./settings");

const SCHEMA = `
CREATE TABLE volunteers (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, organization_id INTEGER NOT NULL,
  referred_by INTEGER REFERENCES volunteers (id), multiplier REAL NOT NULL DEFAULT 1
);
CREATE TABLE activities (
  id INTEGER PRIMARY KEY, volunteer INTEGER NOT NULL REFERENCES volunteers (id), points INTEGER NOT NULL, done_at TEXT NOT NULL
);
CREATE TABLE commissions (
  transaction_id TEXT NOT NULL, volunteer INTEGER NOT NULL REFERENCES volunteers (id), level INTEGER NOT NULL,
  cents INTEGER NOT NULL, created_at TEXT NOT NULL, PRIMARY KEY (transaction_id, volunteer)
);
CREATE TABLE budgets (
  id INTEGER PRIMARY KEY, period TEXT NOT NULL, starts_on TEXT NOT NULL, organization_id INTEGER NOT NULL,
  cents INTEGER NOT NULL, created_at TEXT NOT NULL, UNIQUE (period, starts_on, organization_id)
);
CREATE TABLE shares (
  budget INTEGER NOT NULL REFERENCES budgets (id), volunteer INTEGER NOT NULL REFERENCES volunteers (id),
  cents INTEGER NOT NULL, PRIMARY KEY (budget, volunteer)
);
`;

fs.mkdirSync(settings.dataDir, { recursive: true });
const file = path.join(settings.dataDir, "volunteers.db");
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

const now = () => new Date().toISOString();
const daysAgo = (days) => new Date(Date.now() - days * 86400000).toISOString();

// name, organization, referred by
const VOLUNTEERS = [["Ana", 1, null], ["Bruno", 1, 1], ["Carla", 1, 2], ["Dora", 2, 3], ["Emil", 2, null]];
// volunteer, points, days ago
const ACTIVITIES = [[1, 10, 1], [1, 5, 3], [2, 20, 2], [3, 5, 0], [4, 40, 40], [5, 25, 5]];

function seed() {
  for (const row of VOLUNTEERS) db.run("INSERT INTO volunteers (name, organization_id, referred_by) VALUES (?, ?, ?)", row);
  for (const [volunteer, points, days] of ACTIVITIES)
    db.run("INSERT INTO activities (volunteer, points, done_at) VALUES (?, ?, ?)", [volunteer, points, daysAgo(days)]);
}

transaction(() => {
  if (db.get("PRAGMA user_version").user_version === 0) {
    db.exec(SCHEMA);
    seed();
    db.exec("PRAGMA user_version = 1");
  }
});

module.exports = { db, transaction, now, daysAgo };
