#include <stdio.h>
#include <string.h>

#include "handlers.h"
#include "route.h"

#define V1 "/api/v1"

/* clang-format off */
static const struct route routes[] = {
	/* What programs ask all day comes first. */
	{ METHOD_POST,   V1 "/jobs",                      ROLE_OPERATE, ROUTE_API, api_jobs_push },
	{ METHOD_GET,    V1 "/jobs",                      ROLE_LOOK,    ROUTE_API, api_jobs },
	{ METHOD_GET,    V1 "/jobs/count",                ROLE_LOOK,    ROUTE_API, api_jobs_count },
	{ METHOD_POST,   V1 "/jobs/bulk",                 ROLE_OPERATE, ROUTE_API, api_jobs_bulk },
	{ METHOD_GET,    V1 "/jobs/{}",                   ROLE_LOOK,    ROUTE_API, api_job },
	{ METHOD_PATCH,  V1 "/jobs/{}",                   ROLE_OPERATE, ROUTE_API, api_job_change },
	{ METHOD_DELETE, V1 "/jobs/{}",                   ROLE_OPERATE, ROUTE_API, api_job_delete },
	{ METHOD_POST,   V1 "/jobs/{}/cancel",            ROLE_OPERATE, ROUTE_API, api_job_cancel },
	{ METHOD_POST,   V1 "/jobs/{}/kill",              ROLE_OPERATE, ROUTE_API, api_job_kill },
	{ METHOD_POST,   V1 "/jobs/{}/retry",             ROLE_OPERATE, ROUTE_API, api_job_retry },
	{ METHOD_GET,    V1 "/jobs/{}/why",               ROLE_LOOK,    ROUTE_API, api_job_why },

	{ METHOD_GET,    V1 "/programs",                  ROLE_LOOK,    ROUTE_API, api_programs },
	{ METHOD_GET,    V1 "/programs/{}",               ROLE_LOOK,    ROUTE_API, api_program },
	{ METHOD_POST,   V1 "/programs/{}/start",         ROLE_OPERATE, ROUTE_API, api_program_start },
	{ METHOD_POST,   V1 "/programs/{}/stop",          ROLE_OPERATE, ROUTE_API, api_program_stop },
	{ METHOD_POST,   V1 "/programs/{}/restart",       ROLE_OPERATE, ROUTE_API, api_program_restart },
	{ METHOD_POST,   V1 "/programs/{}/signal",        ROLE_OPERATE, ROUTE_API, api_program_signal },
	{ METHOD_POST,   V1 "/programs/{}/scale",         ROLE_ADMIN,   ROUTE_API, api_program_scale },
	{ METHOD_GET,    V1 "/programs/{}/history",       ROLE_LOOK,    ROUTE_API, api_program_history },
	{ METHOD_GET,    V1 "/programs/{}/logs",          ROLE_LOOK,    ROUTE_API, api_program_logs },
	{ METHOD_GET,    V1 "/schedules",                 ROLE_LOOK,    ROUTE_API, api_schedules },
	{ METHOD_POST,   V1 "/schedules",                 ROLE_OPERATE, ROUTE_API, api_schedule_create },
	{ METHOD_GET,    V1 "/schedules/{}",              ROLE_LOOK,    ROUTE_API, api_schedule },
	{ METHOD_PUT,    V1 "/schedules/{}",              ROLE_OPERATE, ROUTE_API, api_schedule_set },
	{ METHOD_PATCH,  V1 "/schedules/{}",              ROLE_OPERATE, ROUTE_API, api_schedule_change },
	{ METHOD_DELETE, V1 "/schedules/{}",              ROLE_OPERATE, ROUTE_API, api_schedule_delete },
	{ METHOD_POST,   V1 "/schedules/{}/pause",        ROLE_OPERATE, ROUTE_API, api_schedule_pause },
	{ METHOD_POST,   V1 "/schedules/{}/resume",       ROLE_OPERATE, ROUTE_API, api_schedule_resume },
	{ METHOD_POST,   V1 "/schedules/{}/run",          ROLE_OPERATE, ROUTE_API, api_schedule_run },
	{ METHOD_GET,    V1 "/schedules/{}/ticks",        ROLE_LOOK,    ROUTE_API, api_schedule_ticks },
	{ METHOD_GET,    V1 "/schedules/{}/next",         ROLE_LOOK,    ROUTE_API, api_schedule_next },
	{ METHOD_GET,    V1 "/batches",                   ROLE_LOOK,    ROUTE_API, api_batches },
	{ METHOD_POST,   V1 "/batches",                   ROLE_OPERATE, ROUTE_API, api_batch_create },
	{ METHOD_GET,    V1 "/batches/{}",                ROLE_LOOK,    ROUTE_API, api_batch },
	{ METHOD_POST,   V1 "/batches/{}/commit",         ROLE_OPERATE, ROUTE_API, api_batch_commit },
	{ METHOD_GET,    V1 "/queues",                    ROLE_LOOK,    ROUTE_API, api_queues },
	{ METHOD_GET,    V1 "/queues/{}",                 ROLE_LOOK,    ROUTE_API, api_queue },
	{ METHOD_PATCH,  V1 "/queues/{}",                 ROLE_ADMIN,   ROUTE_API, api_queue_limit },
	{ METHOD_POST,   V1 "/queues/{}/pause",           ROLE_OPERATE, ROUTE_API, api_queue_pause },
	{ METHOD_POST,   V1 "/queues/{}/resume",          ROLE_OPERATE, ROUTE_API, api_queue_resume },
	{ METHOD_POST,   V1 "/queues/{}/clear",           ROLE_ADMIN,   ROUTE_API, api_queue_clear },
	{ METHOD_GET,    V1 "/workers",                   ROLE_LOOK,    ROUTE_API, api_workers },
	{ METHOD_POST,   V1 "/workers/{}/quiet",          ROLE_OPERATE, ROUTE_API, api_worker_quiet },
	{ METHOD_POST,   V1 "/workers/{}/terminate",      ROLE_OPERATE, ROUTE_API, api_worker_terminate },
	{ METHOD_GET,    V1 "/breakers",                  ROLE_LOOK,    ROUTE_API, api_breakers },
	{ METHOD_GET,    V1 "/outboxes",                  ROLE_LOOK,    ROUTE_API, api_outboxes },
	{ METHOD_GET,    V1 "/alerts",                    ROLE_LOOK,    ROUTE_API, api_alerts },
	{ METHOD_GET,    V1 "/webhooks",                  ROLE_LOOK,    ROUTE_API, api_webhooks },
	{ METHOD_GET,    V1 "/metrics",                   ROLE_LOOK,    ROUTE_API, api_metrics },
	{ METHOD_GET,    V1 "/events",                    ROLE_LOOK,    ROUTE_API, api_events },
	{ METHOD_GET,    V1 "/audit",                     ROLE_ADMIN,   ROUTE_API, api_audit },
	{ METHOD_GET,    V1 "/openapi.json",              ROLE_NONE,    ROUTE_API, file_openapi },

	{ METHOD_GET,    "/health",                       ROLE_NONE,    ROUTE_API, health },
	{ METHOD_GET,    "/health/live",                  ROLE_NONE,    ROUTE_API, health_live },
	{ METHOD_GET,    "/health/ready",                 ROLE_NONE,    ROUTE_API, health_ready },
	{ METHOD_GET,    "/health/queue",                 ROLE_LOOK,    ROUTE_API, health_queue },
	{ METHOD_GET,    "/metrics",                      ROLE_LOOK,    ROUTE_API, metrics },

	{ METHOD_GET,    "/",                             ROLE_LOOK,    ROUTE_PAGE, page_overview },
	{ METHOD_GET,    "/programs",                     ROLE_LOOK,    ROUTE_PAGE, page_programs },
	{ METHOD_GET,    "/programs/{}",                  ROLE_LOOK,    ROUTE_PAGE, page_program },
	{ METHOD_POST,   "/programs/{}/{}",               ROLE_OPERATE, ROUTE_PAGE, page_program_act },
	{ METHOD_GET,    "/jobs",                         ROLE_LOOK,    ROUTE_PAGE, page_jobs },
	{ METHOD_POST,   "/jobs",                         ROLE_OPERATE, ROUTE_PAGE, page_jobs_bulk },
	{ METHOD_GET,    "/jobs/new",                     ROLE_OPERATE, ROUTE_PAGE, page_push },
	{ METHOD_POST,   "/jobs/new",                     ROLE_OPERATE, ROUTE_PAGE, page_push_post },
	{ METHOD_GET,    "/find",                         ROLE_LOOK,    ROUTE_PAGE, page_find },
	{ METHOD_GET,    "/jobs/{}",                      ROLE_LOOK,    ROUTE_PAGE, page_job },
	{ METHOD_POST,   "/jobs/{}/{}",                   ROLE_OPERATE, ROUTE_PAGE, page_job_act },
	{ METHOD_GET,    "/schedules",                    ROLE_LOOK,    ROUTE_PAGE, page_schedules },
	{ METHOD_GET,    "/schedules/{}",                 ROLE_LOOK,    ROUTE_PAGE, page_schedule },
	{ METHOD_POST,   "/schedules/{}/{}",              ROLE_OPERATE, ROUTE_PAGE, page_schedule_act },
	{ METHOD_GET,    "/queues",                       ROLE_LOOK,    ROUTE_PAGE, page_queues },
	{ METHOD_GET,    "/queues/{}",                    ROLE_LOOK,    ROUTE_PAGE, page_queue },
	{ METHOD_POST,   "/queues/{}/{}",                 ROLE_OPERATE, ROUTE_PAGE, page_queue_act },
	{ METHOD_GET,    "/workers",                      ROLE_LOOK,    ROUTE_PAGE, page_workers },
	{ METHOD_POST,   "/workers/{}/{}",                ROLE_OPERATE, ROUTE_PAGE, page_worker_act },
	{ METHOD_GET,    "/breakers",                     ROLE_LOOK,    ROUTE_PAGE, page_breakers },
	{ METHOD_GET,    "/webhook-status",               ROLE_LOOK,    ROUTE_PAGE, page_webhooks },
	{ METHOD_GET,    "/alerts",                       ROLE_LOOK,    ROUTE_PAGE, page_alerts },
	{ METHOD_GET,    "/audit",                        ROLE_ADMIN,   ROUTE_PAGE, page_audit },
	{ METHOD_POST,   "/theme",                        ROLE_NONE,    ROUTE_PAGE, page_theme },
	{ METHOD_GET,    "/api",                          ROLE_NONE,    ROUTE_PAGE, page_api },
	{ METHOD_GET,    "/login",                        ROLE_NONE,    ROUTE_PAGE, page_login },
	{ METHOD_POST,   "/login",                        ROLE_NONE,    ROUTE_PAGE, page_login_post },
	{ METHOD_POST,   "/logout",                       ROLE_NONE,    ROUTE_PAGE, page_logout },
	{ METHOD_GET,    "/static/style.css",             ROLE_NONE,    ROUTE_PAGE, file_style },
	{ METHOD_GET,    "/static/live.js",               ROLE_NONE,    ROUTE_PAGE, file_script },
	{ METHOD_GET,    "/static/icon.svg",              ROLE_NONE,    ROUTE_PAGE, file_icon },
	{ .path = NULL }
};
/* clang-format on */

unsigned int
route_find(struct request *request, char *allow, size_t size)
{
	int known = 0;

	for (const struct route *route = routes; route->path != NULL; route++) {
		if (!url_match(
			route->path, request->path, request->parameters, REQUEST_PARAMETERS_MAX))
			continue;
		if (route->method == request->method) {
			request->route = route;
			return 0;
		}
		known |= (int)route->method;
	}
	method_list(known, allow, size);
	return known != 0 ? MHD_HTTP_METHOD_NOT_ALLOWED : MHD_HTTP_NOT_FOUND;
}
