# contrib: what is not built but belongs to the project.
finance_tracker = contrib/examples/finance-tracker
movicuotas = contrib/examples/movicuotas
notifications = contrib/examples/notifications
oroshi = contrib/examples/oroshi
volunteer_scheduler = contrib/examples/volunteer-scheduler

EXTRA_DIST += .ci/run \
	contrib/check.sh \
	contrib/examples/README.md \
	contrib/packages.sh \
	contrib/packages.txt \
	contrib/quickstart.sh

EXTRA_DIST += $(finance_tracker)/.gitignore \
	$(finance_tracker)/README.md \
	$(finance_tracker)/app/__init__.py \
	$(finance_tracker)/app/db.py \
	$(finance_tracker)/app/jobs.py \
	$(finance_tracker)/app/mail.py \
	$(finance_tracker)/app/main.py \
	$(finance_tracker)/app/queue.py \
	$(finance_tracker)/app/settings.py \
	$(finance_tracker)/app/templates/index.html \
	$(finance_tracker)/app/templates/mail/debt_reminder.html \
	$(finance_tracker)/app/templates/mail/debt_reminder.txt \
	$(finance_tracker)/app/templates/mail/low_stock_notification.html \
	$(finance_tracker)/app/templates/mail/low_stock_notification.txt \
	$(finance_tracker)/app/templates/mail/new_account.html \
	$(finance_tracker)/app/templates/mail/new_account.txt \
	$(finance_tracker)/app/templates/mail/reorder_alert.html \
	$(finance_tracker)/app/templates/mail/reorder_alert.txt \
	$(finance_tracker)/app/templates/mail/reset_password.html \
	$(finance_tracker)/app/templates/mail/reset_password.txt \
	$(finance_tracker)/app/templates/mail/test_email.html \
	$(finance_tracker)/app/templates/mail/test_email.txt \
	$(finance_tracker)/jobd-own-scheduler.conf \
	$(finance_tracker)/jobd.conf \
	$(finance_tracker)/mail.conf \
	$(finance_tracker)/mjml/.gitignore \
	$(finance_tracker)/mjml/_head.mjml \
	$(finance_tracker)/mjml/_header.mjml \
	$(finance_tracker)/mjml/build.sh \
	$(finance_tracker)/mjml/debt_reminder.mjml \
	$(finance_tracker)/mjml/low_stock_notification.mjml \
	$(finance_tracker)/mjml/new_account.mjml \
	$(finance_tracker)/mjml/package-lock.json \
	$(finance_tracker)/mjml/package.json \
	$(finance_tracker)/mjml/reorder_alert.mjml \
	$(finance_tracker)/mjml/reset_password.mjml \
	$(finance_tracker)/mjml/test_email.mjml \
	$(finance_tracker)/scheduler.py

EXTRA_DIST += $(movicuotas)/.gitignore \
	$(movicuotas)/README.md \
	$(movicuotas)/db.js \
	$(movicuotas)/jobd.conf \
	$(movicuotas)/jobs.js \
	$(movicuotas)/package-lock.json \
	$(movicuotas)/package.json \
	$(movicuotas)/queue.js \
	$(movicuotas)/server.js \
	$(movicuotas)/settings.js \
	$(movicuotas)/signature.js \
	$(movicuotas)/web.env.sample

EXTRA_DIST += $(notifications)/.gitignore \
	$(notifications)/README.md \
	$(notifications)/db.js \
	$(notifications)/jobd.conf \
	$(notifications)/jobs.js \
	$(notifications)/notify.js \
	$(notifications)/package-lock.json \
	$(notifications)/package.json \
	$(notifications)/postgresql.sql \
	$(notifications)/queue.js \
	$(notifications)/server.js \
	$(notifications)/settings.js \
	$(notifications)/signature.js \
	$(notifications)/templates/digest.html \
	$(notifications)/templates/digest.txt \
	$(notifications)/templates/update.html \
	$(notifications)/templates/update.txt \
	$(notifications)/templates/welcome.html \
	$(notifications)/templates/welcome.txt \
	$(notifications)/worker.js

EXTRA_DIST += $(oroshi)/.gitignore \
	$(oroshi)/README.md \
	$(oroshi)/bin/invoice.js \
	$(oroshi)/conf.d/documents.conf \
	$(oroshi)/conf.d/mail.conf \
	$(oroshi)/conf.d/queues.conf \
	$(oroshi)/db.js \
	$(oroshi)/documents.js \
	$(oroshi)/jobd.conf \
	$(oroshi)/jobs.js \
	$(oroshi)/package-lock.json \
	$(oroshi)/package.json \
	$(oroshi)/pdf.js \
	$(oroshi)/queue.js \
	$(oroshi)/server.js \
	$(oroshi)/settings.js \
	$(oroshi)/signature.js \
	$(oroshi)/templates/message.html \
	$(oroshi)/templates/message.txt \
	$(oroshi)/worker.js

EXTRA_DIST += $(volunteer_scheduler)/.gitignore \
	$(volunteer_scheduler)/README.md \
	$(volunteer_scheduler)/db.js \
	$(volunteer_scheduler)/jobd.conf \
	$(volunteer_scheduler)/jobs.js \
	$(volunteer_scheduler)/package-lock.json \
	$(volunteer_scheduler)/package.json \
	$(volunteer_scheduler)/queue.js \
	$(volunteer_scheduler)/settings.js \
	$(volunteer_scheduler)/worker.js

# All of them, so that a new test needs no line here. Not EXTRA_DIST of the folder: that would take along what was
# built or written there.
dist-hook:
	(cd $(srcdir) && find tests/e2e -type f '(' -name '*.py' -o -path 'tests/e2e/programs/*' ')' \
		! -path '*/__pycache__/*' | tar -cf - -T -) | tar -xf - -C $(distdir)

# The systemd unit names the installed paths, which configure leaves in terms of each other: only make knows them.
systemdunitdir = $(prefix)/lib/systemd/system
systemdunit_DATA = contrib/systemd/jobd.service
CLEANFILES += $(systemdunit_DATA)

contrib/systemd/jobd.service: $(srcdir)/contrib/systemd/jobd.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) contrib/systemd && sed -e 's|@sbindir[@]|$(sbindir)|g' -e 's|@bindir[@]|$(bindir)|g' \
		-e 's|@sysconfdir[@]|$(sysconfdir)|g' $(srcdir)/contrib/systemd/jobd.service.in >$@.tmp && mv $@.tmp $@

EXTRA_DIST += contrib/screenshots/overview.png contrib/screenshots/program.png
EXTRA_DIST += contrib/migration/bullmq.md \
	contrib/migration/cron.md \
	contrib/migration/sidekiq.md \
	contrib/migration/solid_queue.md \
	contrib/migration/supervisord.md \
	contrib/grafana/jobd.json \
	contrib/prometheus/rules.yml \
	contrib/prometheus/rules_test.yml \
	contrib/systemd/README.md \
	contrib/systemd/jobd.service.in \
	contrib/docker/Dockerfile \
	contrib/docker/Dockerfile.dockerignore \
	contrib/docker/README.md \
	contrib/docker/compose.yaml
include contrib/clients/local.mk
include contrib/completion/local.mk

# For psql, on whatever machine.
outboxdir = $(pkgdatadir)
dist_outbox_DATA = contrib/postgresql/outbox.sql
