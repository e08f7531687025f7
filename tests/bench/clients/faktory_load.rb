# A client and a worker of Faktory's protocol as its gem has them: a socket a thread, one request at a time; see load.rb.
require "json"
require "securerandom"
require "socket"
require_relative "load"

class Connection
  def initialize(wid = nil)
    host, port = ADDRESS.split(":")
    @socket = TCPSocket.new(host, port.to_i)
    @socket.setsockopt(Socket::IPPROTO_TCP, Socket::TCP_NODELAY, 1)
    @socket.gets
    ask("HELLO", { "v" => 2, "wid" => wid, "hostname" => "bench", "pid" => Process.pid, "labels" => ["ruby"] }.compact)
  end

  def ask(verb, value)
    @socket.write("#{verb} #{value.is_a?(String) ? value : JSON.generate(value)}\r\n")
    line = @socket.gets
    raise line if line.start_with?("-")
    return line unless line.start_with?("$")
    return nil if line == "$-1\r\n"

    @socket.read(line[1..].to_i + 2)
  end
end

def job(argument)
  { "jid" => SecureRandom.hex(12), "jobtype" => "Bench", "queue" => "bench", "args" => [argument],
    "created_at" => Time.now.utc.strftime("%Y-%m-%dT%H:%M:%S.%LZ"), "retry" => 25 }
end

def work
  counter = Counter.new
  connections = Array.new(CLIENTS) { Connection.new("bench-ruby") }
  puts "ready"
  in_threads(CLIENTS) do |client|
    loop do
      text = connections[client].ask("FETCH", "bench") or next
      taken = JSON.parse(text)
      counter.count(taken["args"][0])
      connections[client].ask("ACK", { "jid" => taken["jid"] })
    end
  end
end

if WHAT == "work"
  work
else
  connections = Array.new([CLIENTS, 1].max) { Connection.new }
  produce(->(client, argument) { connections[client].ask("PUSH", job(argument)) },
          ->(list) { connections[0].ask("PUSHB", list.map { |argument| job(argument) }) })
end
