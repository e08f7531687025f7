/*
 * Every function that answers a route, named once for the table in route.c.  Each takes a request
 * whose right was looked at.
 */
#ifndef WEB_HANDLERS_H
#define WEB_HANDLERS_H

struct request;

/* api_programs.c */
void api_programs(struct request *);
void api_program(struct request *);
void api_program_start(struct request *);
void api_program_stop(struct request *);
void api_program_restart(struct request *);
void api_program_signal(struct request *);
void api_program_scale(struct request *);
void api_program_history(struct request *);

void api_program_logs(struct request *);
/* api_push.c */
void api_jobs_push(struct request *);
/* api_jobs.c */
void api_jobs(struct request *);
void api_jobs_count(struct request *);
void api_jobs_bulk(struct request *);
void api_job(struct request *);
void api_job_change(struct request *);
void api_job_delete(struct request *);
void api_job_cancel(struct request *);
void api_job_kill(struct request *);
void api_job_retry(struct request *);
void api_job_why(struct request *);
/* api_schedules.c */
void api_schedules(struct request *);
void api_schedule(struct request *);
void api_schedule_create(struct request *);
void api_schedule_set(struct request *);
void api_schedule_change(struct request *);
void api_schedule_delete(struct request *);
void api_schedule_pause(struct request *);
void api_schedule_resume(struct request *);
void api_schedule_run(struct request *);
void api_schedule_ticks(struct request *);
void api_schedule_next(struct request *);
/* api_queues.c */
void api_queues(struct request *);
void api_queue(struct request *);
void api_queue_pause(struct request *);
void api_queue_resume(struct request *);
void api_queue_clear(struct request *);
void api_queue_limit(struct request *);
void api_workers(struct request *);
void api_worker_quiet(struct request *);
void api_worker_terminate(struct request *);
void api_breakers(struct request *), api_outboxes(struct request *);
void api_alerts(struct request *);
void api_metrics(struct request *);
/* api_webhooks.c */
void api_webhooks(struct request *);
/* webhook_take.c */
void webhook_take(struct request *);
void webhook_health(struct request *);
/* api_batches.c */
void api_batches(struct request *);
void api_batch(struct request *);
void api_batch_create(struct request *);
void api_batch_commit(struct request *);
/* api_audit.c */
void api_audit(struct request *);
/* feed.c */
void api_events(struct request *);
/* health.c */
void health(struct request *);
void health_live(struct request *);
void health_ready(struct request *);
void health_queue(struct request *);
/* metrics.c */
void metrics(struct request *);
/* files.c */
void file_openapi(struct request *);
void file_style(struct request *);
void file_script(struct request *);
void file_icon(struct request *);
/* page_overview.c */
void page_overview(struct request *);
/* page_programs.c, page_program.c */
void page_programs(struct request *);
void page_program(struct request *);
void page_program_act(struct request *);
/* page_jobs.c, page_bulk.c */
void page_jobs(struct request *);
void page_jobs_bulk(struct request *);
/* page_push.c */
void page_push(struct request *);
void page_push_post(struct request *);
void page_find(struct request *);
/* page_job.c */
void page_job(struct request *);
void page_job_act(struct request *);
/* page_schedules.c */
void page_schedules(struct request *);
void page_schedule(struct request *);
void page_schedule_act(struct request *);
/* page_queue.c */
void page_queue(struct request *);
void page_queue_act(struct request *);
/* page_queues.c */
void page_queues(struct request *);
void page_workers(struct request *);
void page_worker_act(struct request *);
void page_breakers(struct request *);
/* page_system.c */
void page_webhooks(struct request *);
void page_alerts(struct request *);
void page_audit(struct request *);
/* page.c */
void page_theme(struct request *);
/* page_api.c */
void page_api(struct request *);
/* page_login.c */
void page_login(struct request *);
void page_login_post(struct request *);
void page_logout(struct request *);

#endif
