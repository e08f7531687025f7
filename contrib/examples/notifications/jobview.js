"use strict";
// A job of the queue as our API shows it. The words of the API are older than jobd, so they are translated here.

const STATUS = { scheduled: "pending", ready: "pending", blocked: "pending", retry: "pending", running: "processing",
  done: "sent", dead: "failed", cancelled: "cancelled" };
const PRIORITY = { urgent: 9, high: 7, normal: 5, low: 2 };

/** The states of the queue that a status of the API means. */
const statesOf = (status) => Object.keys(STATUS).filter((state) => STATUS[state] === status);

const ms = (from, to) => (from && to ? Date.parse(to) - Date.parse(from) : null);

/** Tags carry what the API filters by: "owner:alice", "method:email". */
function tagsOf(job) {
  const tags = (job.custom && job.custom.tags) || job.tags || [];
  return Object.fromEntries(tags.map((tag) => [tag.slice(0, tag.indexOf(":")), tag.slice(tag.indexOf(":") + 1)]));
}

function view(job) {
  const tags = tagsOf(job);
  const attempts = Array.isArray(job.attempts) ? job.attempts : null;
  const count = attempts ? attempts.length : job.attempts;
  return {
    id: job.jid,
    status: STATUS[job.state],
    delivery_method: tags.method || null,
    notification_type: tags.type || null,
    recipient: tags.recipient || null,
    group: tags.group || null,
    created_at: job.created_at,
    scheduled_for: job.run_at,
    seconds_until_scheduled: job.state === "scheduled" ? Math.max(0, Math.round(ms(new Date().toISOString(), job.run_at) / 1000)) : 0,
    processed_at: job.finished_at,
    processing_time_ms: ms(job.started_at, job.finished_at),
    retry_count: Math.max(0, count - 1),
    error: job.failure && job.state !== "done" ? job.failure.message : null,
    delivery_logs: attempts && attempts.map((attempt) => ({
      attempt: attempt.number, at: attempt.started_at, duration_ms: attempt.duration_ms,
      outcome: attempt.reason, code: attempt.code, error: attempt.error || null })),
  };
}

module.exports = { PRIORITY, STATUS, statesOf, tagsOf, view };
