# What the loads of Ruby share: WHAT ADDRESS COUNT CLIENTS BATCH, and how a figure is printed; see load.js.
WHAT, ADDRESS, *NUMBERS = ENV["LOAD"].split
COUNT, CLIENTS, BATCH = NUMBERS.map(&:to_i)
TEXT = "a hundred bytes of payload as small jobs have it".freeze
$stdout.sync = true

def now_us
  Process.clock_gettime(Process::CLOCK_MONOTONIC, :microsecond)
end

def in_threads(number, &block)
  Array.new(number) { |index| Thread.new(index, &block) }.each(&:join)
end

def produce(put, bulk)
  start = now_us
  case WHAT
  when "push"
    in_threads(CLIENTS) { |client| (COUNT / CLIENTS).times { |i| put.call(client, { "user" => i, "text" => TEXT }) } }
  when "bulk"
    (COUNT / BATCH).times { bulk.call(Array.new(BATCH) { |i| { "user" => i, "text" => TEXT } }) }
  when "slow"
    COUNT.times do |i|
      put.call(0, { "user" => i, "text" => TEXT, "at" => now_us })
      sleep 0.003
    end
  end
  puts "result #{COUNT * 1_000_000 / (now_us - start)}"
end

# Counts the jobs of all threads of a worker.
class Counter
  def initialize
    @lock = Mutex.new
    @ages = []
  end

  def count(argument)
    now = now_us
    @lock.synchronize do
      @first ||= now
      @ages << now - (argument["at"] || now)
      finish(now) if @ages.size == COUNT
    end
  end

  def finish(now)
    @ages.sort!
    puts "result #{COUNT * 1_000_000 / [now - @first, 1].max} #{@ages[COUNT / 2]} #{@ages[COUNT * 99 / 100]}"
    Thread.new do
      sleep 0.2
      exit! 0
    end
  end
end
