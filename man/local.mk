# man
dist_man_MANS += man/jobd-api.7
dist_man_MANS += man/jobd.conf.5
dist_man_MANS += man/jobd-schedule.7
dist_man_MANS += man/jobctl.1
dist_man_MANS += man/jobd-protocol.7
dist_man_MANS += man/jobd-outbox.8
dist_man_MANS += man/jobd.8
