# contrib: what is not built but belongs to the project.
finance_tracker = contrib/examples/finance-tracker

EXTRA_DIST += .ci/run \
	contrib/check.sh \
	contrib/packages.sh \
	contrib/packages.txt \
	contrib/quickstart.sh \
	$(finance_tracker)/.gitignore \
	$(finance_tracker)/README.md \
	$(finance_tracker)/app/__init__.py \
	$(finance_tracker)/app/db.py \
	$(finance_tracker)/app/jobs.py \
	$(finance_tracker)/app/mail.py \
	$(finance_tracker)/app/main.py \
	$(finance_tracker)/app/settings.py \
	$(finance_tracker)/app/templates/debt_reminder.html \
	$(finance_tracker)/app/templates/debt_reminder.txt \
	$(finance_tracker)/app/templates/index.html \
	$(finance_tracker)/app/templates/layout.html \
	$(finance_tracker)/app/templates/reorder_alert.html \
	$(finance_tracker)/app/templates/reorder_alert.txt \
	$(finance_tracker)/jobd-own-scheduler.conf \
	$(finance_tracker)/jobd.conf \
	$(finance_tracker)/scheduler.py

# Whole, so that a new test needs no line here; what running them leaves is taken out again.
EXTRA_DIST += tests/e2e

dist-hook:
	find $(distdir) -name __pycache__ -prune -exec rm -rf {} +
