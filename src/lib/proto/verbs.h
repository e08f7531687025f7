/*
 * Every verb of the three sockets, named once.  The words, arguments and replies are described in
 * jobd-protocol(7).
 */
#ifndef PROTO_VERBS_H
#define PROTO_VERBS_H

/* Raised whenever a verb or the meaning of a reply changes in a way that an older peer would
 * misread. */
#define PROTO_VERSION 1

/* Names of the sockets in run_dir. */
#define PROTO_CONTROL_SOCKET "control.sock"
#define PROTO_QUEUE_SOCKET   "queue.sock"
#define PROTO_LOG_SOCKET     "log.sock"
#define PROTO_NOTIFY_SOCKET  "notify.sock"

/* The longest request line on the control and log sockets, with its end; longer ones are refused
 * and the client dropped. */
#define PROTO_LINE_MAX 4096
/* The longest request line on the queue socket. */
#define PROTO_QUEUE_LINE_MAX (64 * 1024 * 1024)

/* All three sockets: "HELLO {json}" (queue: after the greeting), "END". */
#define VERB_HELLO "HELLO"
#define VERB_END   "END"

/* control.sock */
#define VERB_STATUS   "STATUS"
#define VERB_START    "START"
#define VERB_STOP     "STOP"
#define VERB_RESTART  "RESTART"
#define VERB_SIGNAL   "SIGNAL"
#define VERB_SCALE    "SCALE"
#define VERB_PLAN     "PLAN"
#define VERB_RELOAD   "RELOAD"
#define VERB_EVENTS   "EVENTS"
#define VERB_HISTORY  "HISTORY" /* also queue.sock, where it reaches back further */
#define VERB_HEALTH   "HEALTH"  /* this and EXPEL: what jobd-runner found out */
#define VERB_EXPEL    "EXPEL"
#define VERB_CONFIG   "CONFIG"
#define VERB_SHUTDOWN "SHUTDOWN"
#define VERB_LOGLEVEL "LOGLEVEL"

/* log.sock */
#define VERB_TAIL   "TAIL"
#define VERB_LOGS   "LOGS"
#define VERB_CLEAR  "CLEAR"
#define VERB_ROTATE "ROTATE"
#define VERB_STATS  "STATS"

/* A type of job that is jobd-runner's although nobody configures it: a mail to its first argument,
 * through the queue "default". */
#define PROTO_MAIL_TEST "_mail_test"

/* queue.sock: Faktory's */
#define VERB_PUSH   "PUSH"
#define VERB_PUSHB  "PUSHB"
#define VERB_FETCH  "FETCH"
#define VERB_ACK    "ACK"
#define VERB_FAIL   "FAIL"
#define VERB_BEAT   "BEAT"
#define VERB_INFO   "INFO"
#define VERB_FLUSH  "FLUSH"
#define VERB_QUEUE  "QUEUE"
#define VERB_MUTATE "MUTATE"
#define VERB_TRACK  "TRACK"
#define VERB_BATCH  "BATCH"

/* queue.sock: ours */
#define VERB_TAKE      "TAKE"
#define VERB_RETURN    "RETURN"
#define VERB_RUN       "RUN"
#define VERB_JOBS      "JOBS"
#define VERB_JOB       "JOB"
#define VERB_WAIT      "WAIT"
#define VERB_COUNT     "COUNT"
#define VERB_CANCEL    "CANCEL"
#define VERB_KILL      "KILL"
#define VERB_CHANGE    "CHANGE"
#define VERB_DELETE    "DELETE"
#define VERB_BULK      "BULK"
#define VERB_WHY       "WHY"
#define VERB_QUEUES    "QUEUES"
#define VERB_LIMIT     "LIMIT"
#define VERB_WORKERS   "WORKERS"
#define VERB_WORKER    "WORKER"
#define VERB_BREAKER   "BREAKER"
#define VERB_BREAKERS  "BREAKERS"
#define VERB_OUTBOX    "OUTBOX"
#define VERB_OUTBOXES  "OUTBOXES"
#define VERB_ALERTS    "ALERTS"
#define VERB_METRICS   "METRICS"
#define VERB_RETRY     "RETRY"
#define VERB_SCHEDULES "SCHEDULES"
#define VERB_SCHEDULE  "SCHEDULE"
#define VERB_TICKS     "TICKS"
#define VERB_NEXT      "NEXT"
#define VERB_PAUSE     "PAUSE"
#define VERB_RESUME    "RESUME"
#define VERB_DB        "DB"
#define VERB_GROUPS    "GROUPS"
#define VERB_AS        "AS"
#define VERB_AUDIT     "AUDIT"
#define VERB_AUDITS    "AUDITS"

#endif
