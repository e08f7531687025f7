# man
dist_man_MANS += man/jobd.conf.5
dist_man_MANS += man/jobd-schedule.7
