# jobd-logger
