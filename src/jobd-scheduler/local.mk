# jobd-scheduler
