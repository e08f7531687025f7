#include "store_sql.h"

/* The statements; the tables are in store_schema.c. */

/* Of a job without a row in `course`. */
#define PLAIN_COLUMNS                                                                              \
	"SELECT j.id, j.what, j.retries, j.reserve_ms, j.created_at, j.waited, j.jid, j.args, "    \
	"j.extra"
#define JOB_COLUMNS                                                                                \
	PLAIN_COLUMNS                                                                              \
	", c.queue, c.state, c.priority, c.flags, c.retries, c.reserve_ms, c.enqueued_at, "        \
	"c.run_at, c.attempts, c.failures, c.crashes, c.started_at, c.finished_at, c.due_at, "     \
	"c.wake_at, c.worker, c.reason, c.failure "

/* What a job's column `what` says: see store_sqlite_row.c. */
#define IS_PLAIN "(j.what & 8)"
#define TYPE     "(j.what >> 35)"
/* Behind `job j`: its course, which a plain one has not. */
#define COURSE " LEFT JOIN course c ON c.id = CASE WHEN " IS_PLAIN " THEN NULL ELSE j.id END "
#define QUEUE  "coalesce(c.queue, j.what >> 8 & 0x7ffffff)"
/* What state it is really in. */
#define STATE                                                                                      \
	"CASE WHEN c.state <> 1 THEN c.state "                                                     \
	"WHEN EXISTS (SELECT 1 FROM running r WHERE r.id = j.id) THEN 3 "                          \
	"WHEN EXISTS (SELECT 1 FROM done f WHERE f.type = " TYPE " AND f.id = j.id) THEN 5 "       \
	"ELSE 1 END"
/* Lists of ids and states: ?1 mask of states, ?2 the last id seen, ?3 type, ?4 queue, ?5 since, ?6
 * until (0: any), ?7 limit, ?8 what the list is by. */
#define LIST(from, id, state, where, direction, order)                                             \
	"SELECT " id ", " state " FROM " from " WHERE " where id " " direction                     \
	" ?2 AND (?3 = 0 OR " TYPE " = ?3) AND (?4 = 0 OR " QUEUE " = ?4) AND "                    \
	"(?5 = 0 OR j.created_at >= ?5) AND (?6 = 0 OR j.created_at < ?6) AND "                    \
	"(?1 >> (" state ") & 1) ORDER BY " id " " order " LIMIT ?7"
#define LISTS(from, id, state, where)                                                              \
	LIST(from, id, state, where, "<", "DESC"), LIST(from, id, state, where, ">", "ASC")

#define BATCH_COLUMNS                                                                              \
	"SELECT bid, parent, description, complete, success, tag, created_at, total, pending, "    \
	"failed, children_open, children_unfinished, committed, complete_state, "                  \
	"success_state, finished_at FROM batch "

#define FIGURE_COLUMNS                                                                             \
	"SELECT kind, hour, name, done, failed, late, run_ms, wait_ms, run_ms_max, wait_ms_max, "  \
	"run, wait FROM figure "

#define ROUTINE_COLUMNS                                                                            \
	"SELECT name, job, args, queue, tags, schedule, timezone, frequency, time, month_end, "    \
	"day, enabled, catch_up, created_at, cursor, next_at FROM routine "

/*
 * Statements of many rows.  OR FAIL spares SQLite a journal of the statement, from which it would
 * be undone alone: a transaction in which one fails is rolled back as a whole.
 */

/* As many rows as DB_APPEND_FEW and DB_APPEND_MANY.  The columns are in the table's order: others
 * would be put into it one by one. */
#define JOB_INSERT                                                                                 \
	"INSERT OR FAIL INTO job(id, what, retries, reserve_ms, created_at, waited, jid, args, "   \
	"extra) VALUES"
#define JOB_ROW(id) "(" id ", ?, ?, ?, ?, ?, ?, ?, ?)"
#define JOB_NEXT    JOB_ROW("NULL")
#define JOB_FOUR    JOB_NEXT "," JOB_NEXT "," JOB_NEXT "," JOB_NEXT

/* The same. */
#define RUNNING_INSERT                                                                             \
	"INSERT OR FAIL INTO running(id, attempts, started_at, wake_at, worker, work_order) "      \
	"VALUES"
#define RUNNING_ROW  "(?, ?, ?, ?, coalesce(?, ''), ?)"
#define RUNNING_FOUR RUNNING_ROW "," RUNNING_ROW "," RUNNING_ROW "," RUNNING_ROW

/* The same. */
#define DONE_INSERT                                                                                \
	"INSERT OR FAIL INTO done(type, id, queue, flags, attempts, started_at, finished_at, "     \
	"worker, reason) VALUES"
#define DONE_ROW  "(?, ?, ?, ?, ?, ?, ?, ?, ?)"
#define DONE_FOUR DONE_ROW "," DONE_ROW "," DONE_ROW "," DONE_ROW

/* As many rows as MOVE_STEP of store_sqlite_jid.c. */
#define JID_INSERT "INSERT OR IGNORE INTO jid(hash, id) VALUES"
#define JID_EIGHT  "(?, ?), (?, ?), (?, ?), (?, ?), (?, ?), (?, ?), (?, ?), (?, ?)"

/* As many rows as READY_HELD_MAX. */
#define READY_INSERT "INSERT OR FAIL INTO ready(queue, builtin, rank, last, first, type) VALUES"
#define READY_ROW    "(?, ?, ?, ?, ?, ?)"
#define READY_FOUR   READY_ROW "," READY_ROW "," READY_ROW "," READY_ROW

const char *const store_sql[SQL_COUNT] = {
	[SQL_NAME_LIST] = "SELECT id, text FROM name",
	[SQL_NAME_ADD] = "INSERT INTO name(text) VALUES(?)",
	[SQL_NAME_USED] = "SELECT EXISTS (SELECT 1 FROM tag WHERE tag = ?1) OR "
			  "EXISTS (SELECT 1 FROM tick WHERE schedule = ?1) OR "
			  "EXISTS (SELECT 1 FROM exit WHERE name = ?1) OR "
			  "EXISTS (SELECT 1 FROM queue WHERE queue = ?1)",
	[SQL_NAME_DELETE] = "DELETE FROM name WHERE id = ?",
	[SQL_META_GET] = "SELECT value FROM meta WHERE key = ?",
	[SQL_META_PUT] = "INSERT OR REPLACE INTO meta(key, value) VALUES(?, ?)",
	[SQL_JOB_LAST] = "SELECT max(id) FROM job",
	[SQL_JOB_APPEND] = JOB_INSERT JOB_ROW("?"),
	[SQL_JOB_APPEND_FEW] = JOB_INSERT JOB_ROW("?") "," JOB_NEXT "," JOB_NEXT "," JOB_NEXT,
	[SQL_JOB_APPEND_MANY] = JOB_INSERT JOB_ROW("?") "," JOB_NEXT "," JOB_NEXT "," JOB_NEXT
							"," JOB_FOUR "," JOB_FOUR "," JOB_FOUR,
	[SQL_JOB_GET_ID] = JOB_COLUMNS "FROM job j" COURSE "WHERE j.id = ?",
	[SQL_JOB_READY] = PLAIN_COLUMNS " FROM job j WHERE j.id = ?",
	[SQL_JOB_READY_ON] = PLAIN_COLUMNS " FROM job j WHERE j.id BETWEEN ? AND ? ORDER BY j.id",
	[SQL_JOB_FLAGS] = "UPDATE job SET what = what & ~15 | ? WHERE id = ?",
	[SQL_JOB_DELETE] = "DELETE FROM job WHERE id = ?",
	[SQL_COURSE_ADD] =
	    "INSERT INTO course(queue, state, priority, flags, retries, reserve_ms, enqueued_at, "
	    "run_at, attempts, failures, crashes, started_at, finished_at, due_at, wake_at, "
	    "worker, reason, failure, id, type) "
	    "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[SQL_COURSE_SAVE] =
	    "UPDATE course SET queue = ?, state = ?, priority = ?, flags = ?, retries = ?, "
	    "reserve_ms = ?, enqueued_at = ?, run_at = ?, attempts = ?, failures = ?, crashes = ?, "
	    "started_at = ?, finished_at = ?, due_at = ?, wake_at = ?, worker = ?, reason = ?, "
	    "failure = ? WHERE id = ? AND type = ?",
	[SQL_COURSE_FLAGS] = "UPDATE course SET flags = ? WHERE id = ?",
	[SQL_COURSE_DELETE] = "DELETE FROM course WHERE id = ?",
	[SQL_JID_ADD] = JID_INSERT "(?, ?)",
	[SQL_JID_ADD_MANY] = JID_INSERT JID_EIGHT "," JID_EIGHT,
	[SQL_JID_DELETE] = "DELETE FROM jid WHERE hash = ? AND id = ?",
	[SQL_JID_GET] = "SELECT id FROM jid WHERE hash = ?",
	[SQL_JID_ALL] = "SELECT hash FROM jid",
	[SQL_JID_CLEAN] = "DELETE FROM jid WHERE id NOT IN (SELECT id FROM job)",
	[SQL_JID_YOUNG] = "SELECT id, jid FROM job WHERE id > ?",
	[SQL_DETAIL_PUT] =
	    "INSERT OR REPLACE INTO detail(id, tags, unique_key, unique_for_ms, unique_until, "
	    "expires_at, concurrency_key, gate, block, parent, children, bid, callback, marks, "
	    "track, percent, description, result, updated_at) "
	    "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[SQL_DETAIL_GET] =
	    "SELECT tags, unique_key, unique_for_ms, unique_until, expires_at, concurrency_key, "
	    "gate, block, parent, children, bid, callback, marks, track, percent, description, "
	    "result, updated_at FROM detail WHERE id = ?",
	[SQL_DETAIL_DELETE] = "DELETE FROM detail WHERE id = ?",
	[SQL_READY_ADD] = READY_INSERT READY_ROW,
	[SQL_READY_ADD_FEW] = READY_INSERT READY_FOUR,
	[SQL_READY_ADD_MANY] = READY_INSERT READY_FOUR "," READY_FOUR "," READY_FOUR "," READY_FOUR,
	[SQL_READY_FIND] =
	    "SELECT last, first, type FROM ready WHERE queue = ? AND builtin = ? AND "
	    "rank = ? AND last >= ? ORDER BY last LIMIT 1",
	[SQL_READY_SHRINK] = "UPDATE ready SET first = ?5 WHERE queue = ?1 AND builtin = ?2 AND "
			     "rank = ?3 AND last = ?4",
	[SQL_READY_DELETE] = "DELETE FROM ready WHERE queue = ? AND builtin = ? AND rank = ? AND "
			     "last BETWEEN ? AND ?",
	[SQL_READY_HEAD] = "SELECT rank, first, last, type FROM ready WHERE queue = ? AND "
			   "builtin = ? ORDER BY rank, last LIMIT ?",
	[SQL_READY_COUNT] = "SELECT queue, type, builtin, last - first + 1 FROM ready",
	[SQL_REST_COUNT] =
	    "SELECT queue, type, state FROM course INDEXED BY course_rest WHERE state <> 1",
	[SQL_LATER_ADD] = "INSERT INTO later(at, id) VALUES(?, ?)",
	[SQL_LATER_DELETE] = "DELETE FROM later WHERE at = ? AND id = ?",
	[SQL_LATER_FIRST] = JOB_COLUMNS "FROM (SELECT id FROM later WHERE at <= ? "
					"ORDER BY at, id LIMIT 1) k CROSS JOIN job j ON "
					"j.id = k.id" COURSE,
	[SQL_LATER_NEXT] = "SELECT at FROM later ORDER BY at LIMIT 1",
	[SQL_RUNNING_ADD] = RUNNING_INSERT RUNNING_ROW,
	[SQL_RUNNING_ADD_FEW] = RUNNING_INSERT RUNNING_FOUR,
	[SQL_RUNNING_ADD_MANY] =
	    RUNNING_INSERT RUNNING_FOUR "," RUNNING_FOUR "," RUNNING_FOUR "," RUNNING_FOUR,
	[SQL_RUNNING_DELETE] = "DELETE FROM running WHERE id BETWEEN ? AND ?",
	[SQL_DONE_ADD] = DONE_INSERT DONE_ROW,
	[SQL_DONE_ADD_FEW] = DONE_INSERT DONE_FOUR,
	[SQL_DONE_ADD_MANY] = DONE_INSERT DONE_FOUR "," DONE_FOUR "," DONE_FOUR "," DONE_FOUR,
	[SQL_DONE_GET] =
	    "SELECT flags, attempts, started_at, finished_at, worker, reason FROM done "
	    "WHERE type = ? AND id = ?",
	[SQL_DONE_DELETE] = "DELETE FROM done WHERE type = ? AND id = ?",
	[SQL_DONE_COUNT] = "SELECT queue, type FROM done",
	[SQL_RUNNING_LIST] = JOB_COLUMNS ", r.worker, r.attempts, r.started_at, r.wake_at, "
					 "r.work_order FROM running r CROSS JOIN job j ON "
					 "j.id = r.id" COURSE,
	[SQL_TAG_ADD] = "INSERT OR IGNORE INTO tag(tag, id) VALUES(?, ?)",
	[SQL_TAG_DELETE] = "DELETE FROM tag WHERE id = ?",
	[SQL_LIST] = LISTS("job j" COURSE, "j.id", STATE, ""),
	LISTS("course c INDEXED BY course_rest CROSS JOIN job j ON j.id = c.id", "c.id", "c.state",
	    "c.state <> 1 AND c.state = ?8 AND c.type = ?3 AND "),
	LISTS("done e CROSS JOIN job j ON j.id = e.id" COURSE, "e.id", "5", "e.type = ?3 AND "),
	/* The + keeps the last id seen from being where the search in a row's jobs begins. */
	LISTS(
	    "ready y CROSS JOIN job j ON j.id BETWEEN y.first AND y.last" COURSE, "+j.id", "1", ""),
	LISTS("tag g CROSS JOIN job j ON j.id = g.id" COURSE, "g.id", STATE,
	    "g.tag = ?8 AND (?9 = 0 OR EXISTS (SELECT 1 FROM tag h WHERE h.tag = ?9 AND h.id = "
	    "g.id)) AND (?10 IS NULL OR EXISTS (SELECT 1 FROM detail d WHERE d.id = g.id AND "
	    "d.parent = ?10)) AND (?11 IS NULL OR EXISTS (SELECT 1 FROM detail d WHERE d.id = g.id "
	    "AND d.bid = ?11)) AND "),
	LISTS(
	    "detail d CROSS JOIN job j ON j.id = d.id" COURSE, "d.id", STATE, "d.parent = ?8 AND "),
	LISTS("detail d CROSS JOIN job j ON j.id = d.id" COURSE, "d.id", STATE, "d.bid = ?8 AND "),
	[SQL_TRIM_DONE] = "SELECT e.id, e.finished_at, e.queue, e.flags, j.jid, NULL FROM done e "
			  "CROSS JOIN job j ON j.id = e.id WHERE e.type = ? ORDER BY e.id LIMIT ?",
	[SQL_TRIM_DONE_DELETE] = "DELETE FROM done WHERE type = ? AND id <= ?",
	[SQL_TRIM_JOB_DELETE] = "DELETE FROM job WHERE id BETWEEN ? AND ?",
	[SQL_TRIM_COURSE_DELETE] = "DELETE FROM course WHERE id BETWEEN ? AND ?",
	[SQL_TRIM] =
	    "SELECT c.id, c.finished_at, c.queue, c.flags, j.jid, c.wake_at FROM course c "
	    "INDEXED BY course_rest CROSS JOIN job j ON j.id = c.id WHERE c.state <> 1 AND "
	    "c.state = ?1 AND c.type = ?2 ORDER BY c.id LIMIT ?3",
	[SQL_TRIM_DELETE] = "DELETE FROM course INDEXED BY course_rest WHERE state <> 1 AND "
			    "state = ? AND type = ? AND id <= ?",
	[SQL_GATE_GET] = "SELECT active FROM gate WHERE name = ?",
	[SQL_GATE_ADD] = "INSERT INTO gate(name, active) VALUES(?1, ?2) ON CONFLICT(name) DO "
			 "UPDATE SET active = active + ?2",
	[SQL_GATE_CLEAN] = "DELETE FROM gate WHERE name = ? AND active <= 0",
	[SQL_GATE_WAIT] = "INSERT INTO gate_wait(gate, rank, id) VALUES(?, -?, ?)",
	[SQL_GATE_UNWAIT] = "DELETE FROM gate_wait WHERE gate = ? AND rank = -? AND id = ?",
	[SQL_GATE_NEXT] =
	    JOB_COLUMNS "FROM (SELECT id FROM gate_wait WHERE gate = ? "
			"ORDER BY rank, id LIMIT 1) k CROSS JOIN job j ON j.id = k.id" COURSE,
	[SQL_UNIQUE_GET] = "SELECT id, until FROM unique_key WHERE key = ?",
	[SQL_UNIQUE_PUT] = "INSERT OR REPLACE INTO unique_key(key, id, until) "
			   "VALUES(?, ?, nullif(?, 0))",
	[SQL_UNIQUE_DROP] = "DELETE FROM unique_key WHERE key = ? AND id = ?",
	[SQL_UNIQUE_TRIM] = "DELETE FROM unique_key WHERE key IN (SELECT key FROM unique_key "
			    "WHERE until IS NOT NULL AND until <= ? ORDER BY until LIMIT ?)",
	[SQL_AFTER_ADD] = "INSERT OR IGNORE INTO after(awaited, id) VALUES(?, ?)",
	[SQL_AFTER_NEXT] = "SELECT id FROM after WHERE awaited = ? ORDER BY id LIMIT 1",
	[SQL_AFTER_DROP] = "DELETE FROM after WHERE awaited = ? AND id = ?",
	[SQL_AFTER_LEFT] = "SELECT count(*) FROM after WHERE id = ?",
	[SQL_AFTER_FIRST] = "SELECT awaited FROM after WHERE id = ? ORDER BY awaited LIMIT 1",
	[SQL_AFTER_COUNT] = "SELECT count(*) FROM (SELECT 1 FROM after LIMIT 1)",
	[SQL_AFTER_DELETE] = "DELETE FROM after WHERE id = ?",
	[SQL_BATCH_PUT] =
	    "INSERT OR REPLACE INTO batch(bid, parent, description, complete, success, created_at, "
	    "total, pending, failed, children_open, children_unfinished, committed, "
	    "complete_state, success_state, finished_at, tag) "
	    "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, nullif(?, 0), ?)",
	[SQL_BATCH_GET] = BATCH_COLUMNS "WHERE bid = ?",
	[SQL_BATCH_LIST] =
	    BATCH_COLUMNS "WHERE (?1 IS NULL OR (created_at, bid) < (SELECT created_at, bid FROM "
			  "batch WHERE bid = ?1)) AND (?2 IS NULL OR tag = ?2) "
			  "ORDER BY created_at DESC, bid DESC LIMIT ?3",
	[SQL_BATCH_TRIM] = "DELETE FROM batch WHERE rowid IN (SELECT rowid FROM batch WHERE "
			   "finished_at IS NOT NULL AND finished_at < ? ORDER BY finished_at "
			   "LIMIT ?)",
	[SQL_BATCH_STALE] =
	    BATCH_COLUMNS "b WHERE created_at < ? AND finished_at IS NULL AND NOT EXISTS (SELECT "
			  "1 FROM detail d WHERE d.bid = b.bid) ORDER BY created_at, bid LIMIT 1",
	[SQL_BATCH_DELETE] = "DELETE FROM batch WHERE bid = ?",
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
	[SQL_TICK_SKIP] =
	    "UPDATE tick SET ran = 0, reason = ? WHERE schedule = ? AND due_at = ? AND jid = ?",
	[SQL_TICK_LIST] = "SELECT due_at, decided_at, until, ran, reason, late_us, jid FROM tick "
			  "WHERE schedule = ? ORDER BY due_at DESC LIMIT ?",
	[SQL_TICK_TRIM_COUNT] =
	    "DELETE FROM tick WHERE schedule = ?1 AND due_at IN (SELECT due_at FROM tick WHERE "
	    "schedule = ?1 AND due_at <= ?2 AND due_at <= (SELECT due_at FROM tick WHERE "
	    "schedule = ?1 ORDER BY due_at DESC LIMIT 1 OFFSET ?3) ORDER BY due_at LIMIT ?4)",
	[SQL_TICK_TRIM_AGE] =
	    "DELETE FROM tick WHERE schedule = ?1 AND due_at IN (SELECT due_at FROM tick WHERE "
	    "schedule = ?1 AND due_at <= ?2 AND due_at < ?3 ORDER BY due_at LIMIT ?4)",
	[SQL_ROUTINE_PUT] =
	    "INSERT OR REPLACE INTO routine(name, job, args, queue, tags, schedule, timezone, "
	    "frequency, time, month_end, day, enabled, catch_up, created_at, cursor, next_at) "
	    "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, nullif(?, 0))",
	[SQL_ROUTINE_GET] = ROUTINE_COLUMNS "WHERE name = ?",
	[SQL_ROUTINE_DELETE] = "DELETE FROM routine WHERE name = ?",
	[SQL_ROUTINE_NEXT] = ROUTINE_COLUMNS "WHERE next_at IS NOT NULL ORDER BY next_at LIMIT 1",
	[SQL_ROUTINE_LIST] =
	    ROUTINE_COLUMNS "WHERE name > ?1 AND (?2 IS NULL OR job = ?2) AND "
			    "(?3 < 0 OR enabled = ?3) AND (?4 IS NULL OR instr(tags, ?4) > 0) "
			    "AND (?5 IS NULL OR instr(tags, ?5) > 0) ORDER BY name LIMIT ?6",
	[SQL_ROUTINE_REWIND] = "UPDATE routine SET cursor = ?1, next_at = ?1 WHERE cursor > ?1 "
			       "AND next_at IS NOT NULL",
	[SQL_ROUTINE_TICK_ADD] =
	    "INSERT INTO routine_tick(routine, due_at, decided_at, until, ran, reason, late_us, "
	    "jid) VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
	[SQL_ROUTINE_TICK_SKIP] =
	    "UPDATE routine_tick SET ran = 0, reason = ? WHERE routine = ? AND due_at = ? AND "
	    "jid = ?",
	[SQL_ROUTINE_TICK_LIST] =
	    "SELECT due_at, decided_at, until, ran, reason, late_us, jid FROM routine_tick "
	    "WHERE routine = ? ORDER BY due_at DESC LIMIT ?",
	[SQL_ROUTINE_TICK_TRIM] =
	    "DELETE FROM routine_tick WHERE routine = ?1 AND due_at <= ?2 AND due_at <= (SELECT "
	    "due_at FROM routine_tick WHERE routine = ?1 ORDER BY due_at DESC LIMIT 1 OFFSET ?3)",
	[SQL_ROUTINE_TICK_DELETE] = "DELETE FROM routine_tick WHERE routine = ?",
	[SQL_EXIT_ADD] = "INSERT INTO exit(name, at, pid, reason, code, signal, core, uptime_ms) "
			 "VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
	[SQL_EXIT_LIST] = "SELECT at, pid, reason, code, signal, core, uptime_ms FROM exit "
			  "WHERE name = ? ORDER BY at DESC, pid DESC LIMIT ?",
	[SQL_EXIT_TRIM] =
	    "DELETE FROM exit WHERE name = ?1 AND at <= (SELECT at FROM exit WHERE name = ?1 "
	    "ORDER BY at DESC LIMIT 1 OFFSET ?2)",
	[SQL_NOTE_PUT] = "INSERT OR REPLACE INTO note(key, text) VALUES(?, ?)",
	[SQL_NOTE_DROP] = "DELETE FROM note WHERE key = ?",
	[SQL_NOTE_LIST] = "SELECT key, text FROM note WHERE substr(key, 1, length(?1)) = ?1 AND "
			  "key >= ?1 ORDER BY key",
	[SQL_FIGURE_PUT] =
	    "INSERT OR REPLACE INTO figure(kind, hour, name, done, failed, late, run_ms, wait_ms, "
	    "run_ms_max, wait_ms_max, run, wait) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[SQL_FIGURE_GET] = FIGURE_COLUMNS "WHERE kind = ? AND hour = ? AND name = ?",
	[SQL_FIGURE_LIST] = FIGURE_COLUMNS "WHERE kind = ? AND hour >= ? ORDER BY hour, name",
	[SQL_FIGURE_TRIM] =
	    "DELETE FROM figure WHERE (kind, hour, name) IN (SELECT kind, hour, name FROM figure "
	    "WHERE kind IN (0, 1) AND hour < ? LIMIT ?)",
	[SQL_AUDIT_ADD] =
	    "INSERT INTO audit(at, until, count, uid, who, origin, verb, object, result) "
	    "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[SQL_AUDIT_SAVE] = "UPDATE audit SET until = ?, count = ? WHERE id = ?",
	[SQL_AUDIT_LIST] =
	    "SELECT id, at, until, count, uid, who, origin, verb, object, result FROM audit "
	    "WHERE id < ?1 AND (?2 IS NULL OR who = ?2) AND (?3 IS NULL OR verb = ?3) "
	    "ORDER BY id DESC LIMIT ?4",
	[SQL_AUDIT_TRIM_COUNT] =
	    "DELETE FROM audit WHERE id IN (SELECT id FROM audit ORDER BY id LIMIT "
	    "min(?2, max(0, (SELECT count(*) FROM audit) - ?1)))",
	[SQL_AUDIT_TRIM_AGE] = "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE "
			       "until < ?1 ORDER BY id LIMIT ?2)",
	[SQL_QUEUE_PUT] = "INSERT OR REPLACE INTO queue(queue, paused, weight, concurrency, rate, "
			  "rate_period_ms, rate_at) VALUES(?, ?, ?, ?, ?, ?, ?)",
	[SQL_QUEUE_DROP] = "DELETE FROM queue WHERE queue = ?",
	[SQL_QUEUE_LIST] = "SELECT queue, paused, weight, concurrency, rate, rate_period_ms, "
			   "rate_at FROM queue",
	/* One look for each of the eighteen places where a queue's jobs begin, not one at each job:
	 * a rank is a priority, from 9 to 1, with its sign changed. */
	[SQL_QUEUE_OLDEST] =
	    "WITH who(builtin) AS (VALUES(0), (1)), place(rank) AS (VALUES(-9), (-8), (-7), (-6), "
	    "(-5), (-4), (-3), (-2), (-1)) SELECT coalesce(c.enqueued_at, j.created_at + j.waited) "
	    "FROM job j" COURSE "WHERE j.id = (SELECT "
	    "min(one) FROM (SELECT (SELECT first FROM ready WHERE queue = ?1 AND builtin = "
	    "who.builtin AND rank = place.rank ORDER BY last LIMIT 1) AS one FROM who, place))",
	[SQL_STAT_ADD] =
	    "INSERT INTO stat(hour, pushed, done, failed, dead, run_ms, wait_ms, run_ms_max, "
	    "wait_ms_max) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT(hour) DO UPDATE "
	    "SET pushed = pushed + ?2, done = done + ?3, failed = failed + ?4, dead = dead + ?5, "
	    "run_ms = run_ms + ?6, wait_ms = wait_ms + ?7, run_ms_max = max(run_ms_max, ?8), "
	    "wait_ms_max = max(wait_ms_max, ?9)",
	[SQL_STAT_LIST] = "SELECT hour, pushed, done, failed, dead, run_ms, wait_ms, run_ms_max, "
			  "wait_ms_max FROM stat WHERE hour >= ? ORDER BY hour",
	[SQL_STAT_TOTAL] = "SELECT coalesce(sum(done), 0), coalesce(sum(failed), 0) FROM stat",
	[SQL_STAT_FOLD] =
	    "INSERT INTO counter(id, value) SELECT 0, coalesce(sum(done + failed), 0) FROM stat "
	    "WHERE hour < ?1 UNION ALL SELECT 1, coalesce(sum(failed), 0) FROM stat WHERE "
	    "hour < ?1 ON CONFLICT(id) DO UPDATE SET value = value + excluded.value",
	[SQL_STAT_TRIM] = "DELETE FROM stat WHERE hour < ?",
	[SQL_COUNTER_LIST] = "SELECT id, value FROM counter",
	[SQL_FLUSH_JOB] = "DELETE FROM job",
	[SQL_FLUSH_COURSE] = "DELETE FROM course",
	[SQL_FLUSH_JID] = "DELETE FROM jid",
	[SQL_FLUSH_DETAIL] = "DELETE FROM detail",
	[SQL_FLUSH_READY] = "DELETE FROM ready",
	[SQL_FLUSH_LATER] = "DELETE FROM later",
	[SQL_FLUSH_DONE] = "DELETE FROM done",
	[SQL_FLUSH_RUNNING] = "DELETE FROM running",
	[SQL_FLUSH_TAG] = "DELETE FROM tag",
	[SQL_FLUSH_GATE] = "DELETE FROM gate",
	[SQL_FLUSH_GATE_WAIT] = "DELETE FROM gate_wait",
	[SQL_FLUSH_UNIQUE] = "DELETE FROM unique_key",
	[SQL_FLUSH_AFTER] = "DELETE FROM after",
	[SQL_FLUSH_BATCH] = "DELETE FROM batch",
	[SQL_FLUSH_ATTEMPT] = "DELETE FROM attempt",
};
