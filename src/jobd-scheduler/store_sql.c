#include "store_sqlite.h"

/*
 * The tables.  Times are UTC microseconds, 0 is never; states are enum job_state.  A ready job has
 * a row in `ready`, and a job that must be looked at at some time has one in `later`: taking the
 * next job touches small tables only.  Queue and type names are numbers (table `name`).
 *
 * A published version never changes; add the next one.
 */
const char *const store_migrations[] = {
	"CREATE TABLE name(id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);"
	"CREATE TABLE job("
	"	id INTEGER PRIMARY KEY AUTOINCREMENT," /* never reused */
	"	jid TEXT NOT NULL UNIQUE,"
	"	type INT NOT NULL,"
	"	queue INT NOT NULL,"
	"	builtin INT NOT NULL,"
	"	state INT NOT NULL,"
	"	priority INT NOT NULL,"
	"	retries INT NOT NULL,"
	"	attempts INT NOT NULL,"
	"	failures INT NOT NULL,"
	"	crashes INT NOT NULL,"
	"	reserve_ms INT NOT NULL,"
	"	created_at INT NOT NULL,"
	"	enqueued_at INT NOT NULL,"
	"	run_at INT NOT NULL,"
	"	started_at INT NOT NULL,"
	"	finished_at INT NOT NULL,"
	"	due_at INT NOT NULL,"
	"	wake_at INT NOT NULL,"
	"	worker TEXT NOT NULL,"
	"	work_order TEXT NOT NULL,"
	"	reason TEXT NOT NULL,"
	"	args TEXT NOT NULL,"
	"	extra TEXT NOT NULL,"
	"	failure TEXT NOT NULL);"
	"CREATE INDEX job_state ON job(state, type, id);"
	"CREATE INDEX job_worker ON job(worker, id) WHERE state = 3;"
	"CREATE TABLE ready(queue INT, builtin INT, rank INT, id INT,"
	"	PRIMARY KEY(queue, builtin, rank, id))"
	"	WITHOUT ROWID;"
	"CREATE TABLE later(at INT, id INT, PRIMARY KEY(at, id)) WITHOUT ROWID;"
	"CREATE TABLE attempt("
	"	job INT NOT NULL,"
	"	number INT NOT NULL,"
	"	started_at INT NOT NULL,"
	"	ended_at INT NOT NULL,"
	"	duration_ms INT NOT NULL,"
	"	worker TEXT NOT NULL,"
	"	reason TEXT NOT NULL,"
	"	code INT NOT NULL,"
	"	signal INT NOT NULL,"
	"	error TEXT NOT NULL,"
	"	output_bytes INT NOT NULL,"
	"	left_out INT NOT NULL,"
	"	head BLOB,"
	"	tail BLOB);"
	"CREATE INDEX attempt_job ON attempt(job);"
	"CREATE TABLE schedule("
	"	name TEXT PRIMARY KEY,"
	"	since INT NOT NULL,"
	"	cursor INT NOT NULL,"
	"	paused INT NOT NULL,"
	"	fingerprint TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE tick("
	"	schedule INT NOT NULL,"
	"	due_at INT NOT NULL,"
	"	decided_at INT NOT NULL,"
	"	until INT NOT NULL,"
	"	ran INT NOT NULL,"
	"	reason TEXT NOT NULL,"
	"	late_us INT NOT NULL,"
	"	jid TEXT NOT NULL,"
	"	PRIMARY KEY(schedule, due_at)) WITHOUT ROWID;" /* a tick is never done twice */
	"CREATE TABLE exit("
	"	name INT NOT NULL,"
	"	at INT NOT NULL,"
	"	pid INT NOT NULL,"
	"	reason TEXT NOT NULL,"
	"	code INT NOT NULL,"
	"	signal INT NOT NULL,"
	"	core INT NOT NULL,"
	"	uptime_ms INT NOT NULL,"
	"	PRIMARY KEY(name, at, pid)) WITHOUT ROWID;"
	"CREATE TABLE paused_queue(queue INTEGER PRIMARY KEY);"
	"CREATE TABLE counter(id INTEGER PRIMARY KEY, value INT NOT NULL);",
};
const size_t store_migration_count = sizeof(store_migrations) / sizeof(store_migrations[0]);

#define JOB_COLUMNS                                                                                \
	"SELECT j.id, j.jid, t.text, q.text, j.state, j.priority, j.retries, j.attempts, "         \
	"j.failures, j.crashes, j.reserve_ms, j.created_at, j.enqueued_at, j.run_at, "             \
	"j.started_at, j.finished_at, j.due_at, j.wake_at, j.worker, j.work_order, j.reason, "     \
	"j.args, j.extra, j.failure, j.builtin "
#define JOB_NAMES "JOIN name t ON t.id = j.type JOIN name q ON q.id = j.queue "
/* ?1 to ?8 are the states, ?9 queue or 0, ?10 limit, ?11 type. */
#define STATES   "state IN (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) "
#define OF_QUEUE "(?9 = 0 OR queue = ?9) "
#define LIST(where, order)                                                                         \
	JOB_COLUMNS "FROM (SELECT id FROM job WHERE " where "ORDER BY id " order                   \
		    " LIMIT ?10) k CROSS JOIN job j ON j.id = k.id " JOB_NAMES                     \
		    "ORDER BY k.id " order

const char *const store_sql[SQL_COUNT] = {
	[SQL_NAME_GET] = "SELECT id FROM name WHERE text = ?",
	[SQL_NAME_ADD] = "INSERT INTO name(text) VALUES(?)",
	[SQL_JOB_ADD] =
	    "INSERT INTO job(jid, type, queue, builtin, state, priority, retries, attempts, "
	    "failures, "
	    "crashes, reserve_ms, created_at, enqueued_at, run_at, started_at, finished_at, "
	    "due_at, wake_at, worker, work_order, reason, args, extra, failure) "
	    "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[SQL_JOB_GET] = JOB_COLUMNS "FROM job j " JOB_NAMES "WHERE j.jid = ?",
	[SQL_JOB_OLD] = "SELECT state, queue, builtin, priority, wake_at FROM job WHERE id = ?",
	[SQL_JOB_SAVE] =
	    "UPDATE job SET queue = ?, state = ?, priority = ?, retries = ?, attempts = ?, "
	    "failures = ?, crashes = ?, reserve_ms = ?, enqueued_at = ?, run_at = ?, "
	    "started_at = ?, finished_at = ?, due_at = ?, wake_at = ?, worker = ?, "
	    "work_order = ?, reason = ?, failure = ? WHERE id = ?",
	[SQL_JOB_DELETE] = "DELETE FROM job WHERE id = ?",
	[SQL_READY_ADD] = "INSERT INTO ready(queue, builtin, rank, id) VALUES(?, ?, -?, ?)",
	[SQL_READY_DELETE] =
	    "DELETE FROM ready WHERE queue = ? AND builtin = ? AND rank = -? AND id = ?",
	[SQL_READY_FIRST] =
	    JOB_COLUMNS "FROM (SELECT id FROM ready WHERE queue = ? AND builtin = ? "
			"ORDER BY rank, id LIMIT 1) k CROSS JOIN job j ON "
			"j.id = k.id " JOB_NAMES,
	[SQL_LATER_ADD] = "INSERT INTO later(at, id) VALUES(?, ?)",
	[SQL_LATER_DELETE] = "DELETE FROM later WHERE at = ? AND id = ?",
	[SQL_LATER_FIRST] = JOB_COLUMNS "FROM (SELECT id FROM later WHERE at <= ? "
					"ORDER BY at, id LIMIT 1) k CROSS JOIN job j ON "
					"j.id = k.id " JOB_NAMES,
	[SQL_LATER_NEXT] = "SELECT at FROM later ORDER BY at LIMIT 1",
	[SQL_LIST_NEW] = LIST(OF_QUEUE, "DESC"),
	[SQL_LIST_OLD] = LIST(OF_QUEUE, "ASC"),
	[SQL_LIST_STATE_NEW] = LIST(STATES "AND " OF_QUEUE, "DESC"),
	[SQL_LIST_STATE_OLD] = LIST(STATES "AND " OF_QUEUE, "ASC"),
	[SQL_LIST_TYPE_NEW] = LIST(STATES "AND type = ?11 AND " OF_QUEUE, "DESC"),
	[SQL_LIST_TYPE_OLD] = LIST(STATES "AND type = ?11 AND " OF_QUEUE, "ASC"),
	[SQL_LIST_WORKER] = JOB_COLUMNS "FROM job j " JOB_NAMES
					"WHERE j.state = 3 AND j.worker = ? ORDER BY j.id LIMIT ?",
	[SQL_JOB_COUNT] = "SELECT state, count(*) FROM job GROUP BY state",
	[SQL_JOB_ACTIVE] =
	    "SELECT (SELECT count(*) FROM (SELECT 1 FROM job WHERE state IN (1, 3) AND type = ?1 "
	    "LIMIT ?2)), (SELECT count(*) FROM (SELECT 1 FROM job WHERE state = 2 AND type = ?1 "
	    "LIMIT ?2))",
	[SQL_TRIM_COUNT] =
	    "SELECT id FROM job WHERE state = ?1 AND type = ?2 AND id <= "
	    "(SELECT id FROM job WHERE state = ?1 AND type = ?2 ORDER BY id DESC LIMIT 1 OFFSET "
	    "?3) ORDER BY id LIMIT ?4",
	[SQL_TRIM_AGE] =
	    "SELECT id FROM (SELECT id, finished_at FROM job WHERE state = ?1 AND type = ?2 "
	    "ORDER BY id LIMIT ?4) WHERE finished_at < ?3",
	[SQL_ATTEMPT_ADD] =
	    "INSERT INTO attempt(job, number, started_at, ended_at, duration_ms, worker, reason, "
	    "code, signal, error, output_bytes, left_out, head, tail) "
	    "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[SQL_ATTEMPT_LIST] =
	    "SELECT number, started_at, ended_at, duration_ms, worker, reason, code, signal, "
	    "error, output_bytes, left_out, head, tail FROM attempt WHERE job = ? ORDER BY rowid",
	[SQL_ATTEMPT_DELETE] = "DELETE FROM attempt WHERE job = ?",
	[SQL_SCHEDULE_GET] =
	    "SELECT since, cursor, paused, fingerprint FROM schedule WHERE name = ?",
	[SQL_SCHEDULE_PUT] =
	    "INSERT OR REPLACE INTO schedule(name, since, cursor, paused, fingerprint) "
	    "VALUES(?, ?, ?, ?, ?)",
	[SQL_SCHEDULE_LIVE] = "SELECT name FROM schedule WHERE fingerprint <> ''",
	[SQL_SCHEDULE_RETIRE] = "UPDATE schedule SET fingerprint = '' WHERE name = ?",
	[SQL_TICK_ADD] =
	    "INSERT INTO tick(schedule, due_at, decided_at, until, ran, reason, late_us, jid) "
	    "VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
	[SQL_TICK_LIST] = "SELECT due_at, decided_at, until, ran, reason, late_us, jid FROM tick "
			  "WHERE schedule = ? ORDER BY due_at DESC LIMIT ?",
	[SQL_TICK_TRIM_COUNT] =
	    "DELETE FROM tick WHERE schedule = ?1 AND due_at IN (SELECT due_at FROM tick WHERE "
	    "schedule = ?1 AND due_at <= ?2 AND due_at <= (SELECT due_at FROM tick WHERE "
	    "schedule = ?1 ORDER BY due_at DESC LIMIT 1 OFFSET ?3) ORDER BY due_at LIMIT ?4)",
	[SQL_TICK_TRIM_AGE] =
	    "DELETE FROM tick WHERE schedule = ?1 AND due_at IN (SELECT due_at FROM tick WHERE "
	    "schedule = ?1 AND due_at <= ?2 AND due_at < ?3 ORDER BY due_at LIMIT ?4)",
	[SQL_EXIT_ADD] = "INSERT INTO exit(name, at, pid, reason, code, signal, core, uptime_ms) "
			 "VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
	[SQL_EXIT_LIST] = "SELECT at, pid, reason, code, signal, core, uptime_ms FROM exit "
			  "WHERE name = ? ORDER BY at DESC, pid DESC LIMIT ?",
	[SQL_EXIT_TRIM] =
	    "DELETE FROM exit WHERE name = ?1 AND at <= (SELECT at FROM exit WHERE name = ?1 "
	    "ORDER BY at DESC LIMIT 1 OFFSET ?2)",
	[SQL_QUEUE_PAUSE] = "INSERT OR IGNORE INTO paused_queue(queue) VALUES(?)",
	[SQL_QUEUE_RESUME] = "DELETE FROM paused_queue WHERE queue = ?",
	[SQL_QUEUE_LIST] =
	    "SELECT n.text, max(k.paused), sum(k.size), max(coalesce(j.enqueued_at, 0)) FROM "
	    "(SELECT queue, 0 AS paused, count(*) AS size, min(id) AS id FROM ready GROUP BY queue "
	    "UNION ALL SELECT queue, 1, 0, 0 FROM paused_queue) k JOIN name n ON n.id = k.queue "
	    "LEFT JOIN job j ON j.id = k.id GROUP BY n.text ORDER BY n.text",
	[SQL_COUNTER_ADD] = "INSERT INTO counter(id, value) VALUES(?1, ?2) ON CONFLICT(id) DO "
			    "UPDATE SET value = value + ?2",
	[SQL_COUNTER_LIST] = "SELECT id, value FROM counter",
};
