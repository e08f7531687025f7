# lib/cron
