# jobd-runner
