# contrib/clients/ruby for test_clients.py: does what the lines on its stdin say, and tells it as JSON; see client.py.
require_relative "../../../../contrib/clients/ruby/jobd"
$stdout.sync = true
Thread.abort_on_exception = true

def tell(told)
  $stdout.write("#{JSON.generate(told)}\n")
end

class BangError < StandardError
  attr_reader :no_retry, :retry_after

  def initialize(no_retry, retry_after)
    @no_retry = no_retry
    @retry_after = retry_after
    super("it went bang")
  end
end

Jobd.register("Echo") do |job, *args|
  tell({ ran: job.jid, args: args })
  args
end
Jobd.register("Boom") { |_, no_retry, retry_after| raise BangError.new(no_retry, retry_after) }
Jobd.register("Long") { "x" * 100_000 }
Jobd.register("Patient") do |job|
  job.progress(40, "waits")
  tell({ began: job.jid })
  sleep 0.01 until job.cancelled?
  tell({ heard: job.jid, reason: job.cancelled })
  raise job.cancelled
end
Jobd.register("Deaf") do |job, seconds|
  tell({ began: job.jid })
  sleep seconds
  nil
end

def load_with(client, count, callers)
  todo = Queue.new
  count.times { |i| todo << i }
  todo.close
  Array.new(callers) { Thread.new { [].tap { |jids| (i = todo.pop) && jids << client.push("Echo", [i], queue: "load", reserve_for: 60) until todo.empty? } } }
       .flat_map(&:value)
end

def answer(client, wish)
  options = (wish["options"] || {}).transform_keys(&:to_sym)
  return { jid: client.push(wish["push"], wish["args"], **options) } if wish["push"]
  return %i[jids refused].zip(client.push_bulk(wish["bulk"], wish["args"], **options)).to_h if wish["bulk"]
  return { jids: load_with(client, wish["count"], wish["callers"]) } if wish["count"]

  { reply: client.request(*wish["request"]) }
rescue StandardError => e
  { error: e.class.name.split("::").last, code: e.respond_to?(:code) ? e.code : nil, message: e.message }
end

options = JSON.parse(ARGV[1], symbolize_names: true)
if ARGV[0] == "work"
  worker = Jobd::Worker.new(**options)
  tell({ wid: worker.wid })
  worker.run
  tell({ stopped: true })
else
  client = Jobd::Client.new(**options)
  $stdin.each_line { |line| tell(answer(client, JSON.parse(line))) }
end
