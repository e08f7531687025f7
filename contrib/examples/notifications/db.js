"use strict";
// The database: one SQLite file that belongs to the web process alone. What became of a notification is not in here:
// the queue knows it. Nor is what somebody wants as a digest: jobd keeps that with the schedule.

const fs = require("fs");
const path = require("path");
const { Database } = require("node-sqlite3-wasm");
const settings = require("./settings");

const SCHEMA = `
CREATE TABLE people (name TEXT PRIMARY KEY, email TEXT NOT NULL, phone TEXT NOT NULL);
CREATE TABLE updates (
  id INTEGER PRIMARY KEY, recipient TEXT NOT NULL REFERENCES people (name), "group" TEXT NOT NULL, kind TEXT NOT NULL,
  text TEXT NOT NULL, read_at TEXT
);
`;

fs.mkdirSync(settings.dataDir, { recursive: true });
const file = path.join(settings.dataDir, "notifications.db");
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

function seed() {
  for (const row of [["alice", "alice@example.com", "+1 555 0100"], ["bob", "bob@example.com", "+1 555 0101"], ["carol", "carol@example.com", "+1 555 0102"]])
    db.run("INSERT INTO people VALUES (?, ?, ?)", row);
  for (const row of [["alice", "garden", "photo", "Bob shared a photo"], ["alice", "garden", "comment", "Carol likes <roses>"],
    ["alice", "work", "comment", "Bob asks for the plan"], ["bob", "garden", "photo", "Alice shared a photo"]])
    db.run('INSERT INTO updates (recipient, "group", kind, text) VALUES (?, ?, ?, ?)', row);
}

transaction(() => {
  if (db.get("PRAGMA user_version").user_version === 0) {
    db.exec(SCHEMA);
    seed();
    db.exec("PRAGMA user_version = 1");
  }
});

/** What somebody has not read, as a digest with these wishes would show it. */
function unread(recipient, { group = null, max_updates: max = 20, kinds: wanted = [] } = {}) {
  return db.all('SELECT * FROM updates WHERE recipient = ? AND read_at IS NULL AND (? IS NULL OR "group" = ?) ORDER BY id', [recipient, group, group])
    .filter((row) => wanted.length === 0 || wanted.includes(row.kind)).slice(0, max);
}

module.exports = { db, transaction, unread };
