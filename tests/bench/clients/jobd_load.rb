# jobd's own client and worker for Ruby; see load.rb.
require_relative "../../../contrib/clients/ruby/jobd"
require_relative "load"

url = "tcp://#{ADDRESS}"
if WHAT == "work"
  counter = Counter.new
  Jobd.register("Bench") { |_, argument| counter.count(argument) && nil }
  puts "ready"
  Jobd::Worker.new(url: url, queues: ["bench"], concurrency: CLIENTS).run
else
  client = Jobd::Client.new(url: url)
  produce(->(_, argument) { client.push("Bench", [argument], queue: "bench") },
          ->(list) { client.push_bulk("Bench", list.map { |argument| [argument] }, queue: "bench") })
end
