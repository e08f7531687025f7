# man
dist_man_MANS += man/jobd-schedule.7
