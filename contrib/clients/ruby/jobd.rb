# frozen_string_literal: true

# A client and a worker of jobd without gems: threads share a few connections, many jobs one round trip. See README.md
# beside it, and jobd-protocol(7). Never keeps a job for later by itself: a push is on disk, or an error.

require "digest/sha2" # not when two threads need it
require "json"
require "securerandom"
require "socket"
require "time"
require "uri"

module Jobd
  BACKOFF = [0, 0.05, 0.2, 0.5, 1, 2].freeze
  HANDSHAKE = 10
  IDLE = 0.05
  BEAT = 15
  ORDERS_WAIT = 0.05 # so long a full worker waits before it asks for orders alone
  QUICK = 0.01 # while jobs last less, some more are taken than can run
  STALE = 1 # so long they may wait here
  REFUSED = 1 # so long after a refusal the same is tried again
  FLUSH_LINES = 16
  MEMBERS = %i[queue at retry priority reserve_for].freeze
  CUSTOM = %i[unique_for unique_until unique_key on_conflict expires_at concurrency_key after parent bid track tags].freeze

  JSON_STATE = JSON::State.new.freeze # JSON.generate makes one for each text

  # jobd said no: code is NOTUNIQUE, STORE, DENIED or ERR.
  class Refused < StandardError
    attr_reader :code

    def initialize(text)
      @code, message = text.split(" ", 2)
      super(message || text)
    end
  end

  # Nobody answered in time: whether it was done is not known.
  class Unavailable < StandardError; end
  # The connection was lost before the answer; it can be asked on the next one.
  class Lost < StandardError; end

  HANDLERS = {} # rubocop:disable Style/MutableConstant

  # The block does the jobs of this type, in workers of this process and inline: it gets the job, then its arguments.
  def self.register(type, &handler)
    HANDLERS[type.to_s] = handler
  end

  def self.now
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end

  # Where jobd is, and how to get in.
  class Place
    def initialize(text)
      text ||= ENV["JOBD_URL"] || ENV["FAKTORY_URL"]
      text ||= ENV["JOBD_RUN_DIR"] ? "unix:#{ENV["JOBD_RUN_DIR"]}/queue.sock" : "tcp://127.0.0.1:7419"
      return @path = text.delete_prefix("unix:").sub(%r{\A//+}, "/") if text.start_with?("unix:")

      @uri = URI.parse(text)
      raise ArgumentError, "jobd: '#{text}' is none of unix:, tcp:// and tcp+tls://" unless %w[tcp tcp+tls].include?(@uri.scheme)
    end

    def connect
      return UNIXSocket.new(@path) if @path

      socket = Socket.tcp(@uri.hostname, @uri.port || 7419, connect_timeout: 5)
      socket.setsockopt(Socket::IPPROTO_TCP, Socket::TCP_NODELAY, 1)
      @uri.scheme == "tcp" ? socket : encrypt(socket)
    end

    def password_hash(told)
      password = (@uri&.password || "").gsub(/%\h\h/) { |code| code[1..].hex.chr }
      (1...told["i"]).reduce(Digest::SHA256.digest(password + told["s"])) { |hash, _| Digest::SHA256.digest(hash) }.unpack1("H*")
    end

    private

    def encrypt(socket)
      require "openssl"
      context = OpenSSL::SSL::SSLContext.new
      context.set_params(ENV["JOBD_CA"] ? { ca_file: ENV["JOBD_CA"] } : {})
      OpenSSL::SSL::SSLSocket.new(socket, context).tap do |tls|
        tls.hostname = @uri.hostname
        tls.sync_close = true
        tls.connect
        tls.post_connection_check(@uri.hostname)
      end
    end
  end

  # A connection that comes again. Requests wait for it, and their replies come in order. A thread reads, and who asks writes.
  class Connection
    Request = Struct.new(:line, :reply)

    def initialize(url, hello: -> { {} }, ready: -> {})
      @place = Place.new(url)
      @hello = hello
      @on_ready = ready
      @lock = Mutex.new
      @writing = Mutex.new
      @flusher = Thread::Queue.new
      @out = +""
      @lines = 0
      @sent = []
      @unsent = []
      @ready = @flushing = @closed = false
    end

    def start
      Thread.new { loop { @flusher.pop && flush } }
      Thread.new { live }
    end

    # The block gets what is replied, or an error; true if there is more to come. later: no other thread has to wait for it.
    def send(line, later: false, &reply)
      request = Request.new(line, reply)
      raise Unavailable, "the client is closed" if @closed

      mine = @lock.synchronize do
        next @unsent << request && nil unless @ready

        @sent << request
        @out << line
        @lines += 1
        first = !@flushing
        @flushing = true
        first
      end
      if later && @lines < FLUSH_LINES then mine && @flusher.push(true)
      elsif mine || later then flush
      end
    end

    def ready?
      @ready
    end

    def close
      @closed = true
      write_end if @ready
      forget(Unavailable.new("the client is closed"), all: true)
    end

    private

    def flush
      @writing.synchronize do
        # Together: what was asked on one connection must not get into the next one.
        lines, socket = @lock.synchronize do
          @flushing = false
          @lines = 0
          [@out, @socket].tap { @out = +"" }
        end
        write(lines, socket) unless lines.empty?
      end
    rescue IOError, SystemCallError
      nil # the reader sees it too
    end

    # Not write at first: that would let other threads run, and wait for its turn again.
    def write(lines, socket = @socket)
      sent = socket.write_nonblock(lines, exception: false)
      socket.write(sent.is_a?(Integer) ? lines.byteslice(sent..) : lines) unless sent == lines.bytesize
    end

    def write_end
      flush
      @socket.write("END\r\n")
      @socket.to_io.shutdown(Socket::SHUT_RDWR)
    rescue IOError, SystemCallError
      nil
    end

    def live
      attempt = 0
      until @closed
        begin
          sleep(BACKOFF[[attempt, BACKOFF.size - 1].min])
          attempt += 1
          greet(Jobd.now + HANDSHAKE)
          begin_requests
          attempt = 0
          loop { reply(item) }
        rescue Refused => e
          @error = e
          final = !@ready && e.message != "shutdown in progress"
          # What is wrong with our first words will be wrong the next time too.
          warn("jobd: #{e.message}") if final && @unsent.empty?
          lose(e, all: final)
        rescue StandardError => e
          @error = e
          lose(Lost.new("the connection to jobd was lost"))
        end
      end
    end

    def greet(limit)
      @socket = @place.connect
      @buffer = String.new
      @at = 0
      @until = limit
      told = JSON.parse(item.delete_prefix("HI "))
      hello = { v: 2, hostname: Socket.gethostname, pid: Process.pid, codes: true, kept: true, **@hello.call }
      hello[:pwdhash] = @place.password_hash(told) if told["s"]
      @socket.write("HELLO #{JSON.generate(hello)}\r\n")
      item.then { |answer| raise answer if answer.is_a?(Exception) }
      @until = nil
    end

    def begin_requests
      @lock.synchronize do
        @ready = true
        @sent.concat(@unsent)
        @unsent.each { |request| @out << request.line }
        @unsent.clear
      end
      flush
      @on_ready.call
    end

    def reply(value)
      # jobd ends, and has done nothing of this: its successor is asked.
      raise value if value.is_a?(Refused) && value.message == "shutdown in progress"

      @sent.shift unless @sent.first.reply.call(value)
    end

    # One reply; a refusal is an exception, which is not raised.
    def item
      fill if @at == @buffer.bytesize
      return (@at += 5) && "OK" if @buffer.byteslice(@at, 5) == "+OK\r\n" # mostly

      line = take_line
      rest = line.byteslice(1, line.bytesize - 1)
      case line.getbyte(0)
      when 0x2b then rest
      when 0x2d then Refused.new(rest)
      when 0x24 then rest == "-1" ? nil : take(rest.to_i + 2).byteslice(0, rest.to_i)
      when 0x2a then Array.new(rest.to_i) { item }
      else raise Lost, "the other side does not speak the protocol"
      end
    end

    def take_line
      fill until (stop = @buffer.index("\r\n", @at))
      line = @buffer.byteslice(@at, stop - @at)
      @at = stop + 2
      line.force_encoding(Encoding::UTF_8)
    end

    def take(bytes)
      fill while @buffer.bytesize - @at < bytes
      @at += bytes
      @buffer.byteslice(@at - bytes, bytes).force_encoding(Encoding::UTF_8)
    end

    def fill
      @buffer = @buffer.byteslice(@at, @buffer.bytesize - @at) if @at.positive?
      @at = 0
      until (data = @socket.read_nonblock(65_536, @chunk ||= String.new, exception: false)).is_a?(String)
        raise EOFError, "jobd closed the connection" if data.nil?

        left = @until && (@until - Jobd.now)
        raise Lost, "jobd is silent" if left&.negative?

        data == :wait_writable ? @socket.to_io.wait_writable(left) : @socket.to_io.wait_readable(left)
      end
      @buffer << data
    end

    def lose(error, all: false)
      @lock.synchronize { @ready = false }
      @socket&.to_io&.close
      forget(error, all: all)
    end

    def forget(error, all: false)
      lost = @lock.synchronize do
        @out = +""
        @lines = 0
        @flushing = false
        @sent.slice!(0..).concat(all ? @unsent.slice!(0..) : [])
      end
      lost.each { |request| request.reply.call(error) }
    end
  end

  # A connection without threads, for one request at a time.
  class Line < Connection
    def ask(line, expires)
      open(expires) unless @socket && fresh?
      @until = expires
      write(line)
      @socket.to_io.wait_readable(expires - Jobd.now) # there is nothing to read yet
      value = item
      @used = Jobd.now
      raise Lost, value.message if value.is_a?(Refused) && value.message == "shutdown in progress"

      value
    rescue Refused, Unavailable
      raise
    rescue StandardError => e
      close
      @socket = nil
      raise Lost, e.message
    end

    def close
      @socket&.to_io&.close
    end

    private

    # A connection that was idle may have been closed.
    def fresh?
      Jobd.now - @used < IDLE || @socket.read_nonblock(1, exception: false) == :wait_readable
    end

    def open(expires)
      attempt = 0
      begin
        @socket&.to_io&.close
        greet([Jobd.now + HANDSHAKE, expires].min)
        @used = Jobd.now
      rescue StandardError => e
        raise if e.is_a?(Refused) && e.message != "shutdown in progress"
        raise Unavailable, "jobd gave no answer in time: #{e.message}" if Jobd.now >= expires

        sleep(BACKOFF[[attempt += 1, BACKOFF.size - 1].min].clamp(0, [expires - Jobd.now, 0].max))
        retry
      end
    end
  end

  # As many connections as threads ask at the same time: in Ruby the kernel wakes a thread for less than another thread does.
  class Lines
    def initialize(url)
      @url = url
      @lock = Mutex.new
      @free = []
    end

    def ask(text, expires)
      raise Unavailable, "the client is closed" if @closed

      line = @lock.synchronize { mine.pop } || Line.new(@url)
      value = line.ask(text, expires)
      @lock.synchronize { @free << line }
      value.is_a?(Exception) ? raise(value) : value
    end

    def close
      @closed = true
      @lock.synchronize { mine.each(&:close) }
    end

    private

    # Those of the parent are not ours.
    def mine
      return @free if @pid == Process.pid

      @pid = Process.pid
      @free = []
    end
  end

  # A job as it is pushed.
  module Payload
    module_function

    def time(value)
      value = Time.now + value if value.is_a?(Numeric)
      value.respond_to?(:to_time) ? value.to_time.utc.iso8601(6) : value
    end

    # The members of a job that its options are.
    def members(options)
      members = {}
      custom = {}
      options.each do |name, value|
        value = time(value) if name == :at || name == :expires_at
        if MEMBERS.include?(name) then members[name] = value
        elsif CUSTOM.include?(name) then custom[name] = value
        elsif name == :custom then custom = value.to_h.merge(custom)
        elsif name != :jid then raise ArgumentError, "jobd: unknown option '#{name}'"
        end
      end
      custom.empty? ? members : members.merge!(custom: custom)
    end

    def jids(number)
      Random.urandom(12 * number).unpack("H24" * number)
    end
  end

  # Pushes; for all threads of a process, and for the processes that it forks.
  class Client
    def initialize(url: nil, timeout: 30, inline: nil)
      @connection = Lines.new(url)
      @timeout = timeout
      @inline = inline.nil? ? ENV["JOBD_INLINE"] : inline
      @inline = @inline.split(",") if @inline.is_a?(String)
    end

    # The job's id, once it is on disk.
    def push(type, args = [], **options)
      jid = options[:jid] || Payload.jids(1).first
      job = JSON_STATE.dup.generate({ jid: jid, jobtype: type, args: args, **Payload.members(options) })
      return run_inline(job) && jid if inline?(type)

      reply = store(-> { "PUSH #{job}\r\n" }) { |expires| "OK" if known?(jid, expires) }
      reply.start_with?("KEPT ") ? reply.delete_prefix("KEPT ") : jid
    end

    # One job for each list of arguments: the ids, and a Hash with the reason for each id that was refused.
    def push_bulk(type, list, **options)
      raise ArgumentError, "jobd: the jobs of a list have ids of their own" if options.key?(:jid)

      more = Payload.members(options)
      jids = Payload.jids(list.size)
      jobs = jids.zip(list).map { |jid, args| { jid: jid, jobtype: type, args: args, **more } }
      return jobs.each { |job| run_inline(JSON.generate(job)) } && [jids, {}] if inline?(type)

      refused = store(-> { "PUSHB #{JSON.generate(jobs)}\r\n" }) do |expires|
        jobs.reject! { |job| known?(job[:jid], expires) }
        "{}" if jobs.empty?
      end
      [jids, JSON.parse(refused)]
    end

    # Another verb of jobd-protocol(7): request("JOB", jid), request("JOBS", { tag: "x" }).
    def request(verb, *words)
      line = [verb, *words.map { |word| word.is_a?(Hash) || word.is_a?(Array) ? JSON.generate(word) : word }].join(" ")
      raise ArgumentError, "jobd: a request is one line" if line.match?(/[\r\n]/)

      read(@connection.ask("#{line}\r\n", Jobd.now + @timeout))
    rescue Lost => e
      raise Unavailable, e.message
    end

    def close
      @connection.close
    end

    private

    def read(item)
      return item.map { |one| read(one) } if item.is_a?(Array)

      item&.match?(/\A[\[{]/) ? JSON.parse(item) : item
    end

    # @inline is true, or a list of types, as JOBD_INLINE is with commas between them; 1 is all.
    def inline?(type)
      @inline.is_a?(Array) ? @inline.include?("1") || @inline.include?(type.to_s) : @inline
    end

    def run_inline(text)
      job = Job.new(JSON.parse(text), nil)
      handler = HANDLERS[job.type] or raise "jobd: there is no handler for #{job.type}"
      handler.call(job, *job.args)
      true
    end

    def known?(jid, expires)
      @connection.ask("JOB #{jid}\r\n", expires) && true
    rescue Refused => e
      raise if e.code == "STORE"

      false
    end

    # A push whose answer was lost is looked for on the next connection, and said again if it is not there.
    def store(line, &find)
      expires = Jobd.now + @timeout
      again = false
      begin
        (again && find.call(expires)) || @connection.ask(line.call, expires)
      rescue Lost
        again = true
        retry if Jobd.now < expires
        raise Unavailable, "jobd gave no answer in time; whether it has the job is not known"
      end
    end
  end

  # What a handler gets.
  class Job
    attr_reader :payload, :cancelled

    def initialize(payload, progress)
      @payload = payload
      @progress = progress
    end

    def jid = @payload["jid"]
    def type = @payload["jobtype"]
    def args = @payload["args"]

    # The word for why it is to end, or nil.
    alias cancelled? cancelled

    def cancel(reason)
      @cancelled = reason
    end

    # For jobctl and whoever looks; the job needs track = 1 to keep it.
    def progress(percent, desc = nil)
      @progress&.call({ jid: jid, percent: percent, desc: desc }.compact)
    end
  end

  # Takes jobs and does them in threads. Each that came is acknowledged, failed or given back, over as many connections as
  # it needs.
  class Worker
    OPTIONS = %i[url queues concurrency prefetch timeout labels release signals].freeze
    attr_reader :wid

    def initialize(**options)
      unknown = (options.keys - OPTIONS).first
      raise ArgumentError, "jobd: unknown option '#{unknown}'" if unknown

      stop = (ENV["JOBD_STOP_TIMEOUT_MS"] || 25_000).to_f / 1000
      @options = { queues: ["default"], concurrency: 10, prefetch: 40, timeout: [stop - 2, stop / 2].max, labels: ["ruby"],
                   release: true, signals: true, **options }
      @wid = SecureRandom.hex(8)
      @lock = Mutex.new
      @work = ConditionVariable.new # there is a job to do
      @done = ConditionVariable.new # perhaps there is nothing left to do at a stop
      @tick = ConditionVariable.new
      @waiting = [] # [job, since]: taken, and not begun
      @running = {} # jid: job
      @unsaid = {} # jid: the line that reports it, until it is answered
      @granted = @asked = 0 # so many jobs may come for what was asked; TAKEs without their end
      @lasted = QUICK
      @commands = Thread::Queue.new
    end

    # Returns when it has stopped, by a signal, by jobd, or by stop.
    def run
      hello = { wid: @wid, labels: @options[:labels], release: @options[:release] }
      @takes = Connection.new(@options[:url], hello: -> { { **hello, running: mine } }, ready: -> { ask })
      @reports = Connection.new(@options[:url], hello: -> { hello }, ready: -> { say_again })
      [@takes, @reports].each(&:start)
      threads = Array.new(@options[:concurrency]) { Thread.new { work } } << Thread.new { tick }
      trap_signals if @options[:signals]
      sleep_until_stopped
      finish
    ensure
      threads&.each(&:kill)
    end

    # No further jobs.
    def quiet
      @commands << :quiet
    end

    def stop
      @commands << :stop
    end

    private

    def trap_signals
      %w[TERM INT].each { |name| trap(name) { @commands << :stop } }
      trap("TSTP") { @commands << :quiet }
    end

    def sleep_until_stopped
      while @commands.pop == :quiet
        @state ||= "quiet"
        ask_for_orders
        beat
      end
      @state = "terminate"
    end

    # What has not begun is given back at once, what runs when its time is over.
    def finish
      limit = Jobd.now + @options[:timeout]
      ask_for_orders # ends the waiting for jobs
      @lock.synchronize { @waiting.slice!(0..) }.each { |job, _| give_back(job) }
      wait_for(limit) { @running.empty? }
      left = @lock.synchronize { @running.values.tap { @running.clear } }
      left.each { |job| job.cancel("stopped") && give_back(job) }
      wait_for(limit + 2) { @unsaid.empty? && (@granted.zero? || !@takes.ready?) }
      [@takes, @reports].each(&:close)
    end

    def wait_for(limit)
      @lock.synchronize { @done.wait(@lock, limit - Jobd.now) until yield || Jobd.now >= limit }
    end

    def mine
      @lock.synchronize { @waiting.map { |job, _| job.jid } + @running.keys + @unsaid.keys }
    end

    # Asking for jobs.

    def free
      more = @lasted < QUICK ? @options[:prefetch] : 0
      # In one piece, not one for each that ends.
      return 0 if @running.size == @options[:concurrency] && @waiting.size > more / 2

      @options[:concurrency] + more - @running.size - @waiting.size
    end

    def ask
      number = @lock.synchronize do
        next if @state || @granted.positive? || !@takes.ready?

        free.tap { |free| free.positive? ? grant(free) : tick_early(ORDERS_WAIT) }
      end
      take(number) if number&.positive?
    end

    def ask_for_orders
      take(0) if @lock.synchronize { @takes.ready? && (@state || (@asked.zero? && free <= 0)) && grant(0) }
    end

    def grant(number)
      @granted += number
      @asked += 1
    end

    # A list of jobs, or an order, or nothing as soon as something else is asked for.
    def take(number)
      line = "TAKE free=#{number} max=#{[number, 1].max} #{@options[:queues].join(" ")}\r\n"
      list = []
      @takes.send(line) do |item|
        next list << JSON.parse(item) if item.is_a?(String)

        # What came of a list whose end was lost is not in our next HELLO, and so given to others.
        came(item.nil? ? list : [], number)
        if item.is_a?(Refused)
          warn("jobd: #{item.message}")
          Thread.new { sleep(REFUSED) && ask }
        elsif item.nil?
          ask
        end
        false
      end
    end

    def came(list, number)
      orders, told = list.partition { |one| one["order"] }
      jobs = told.map { |payload| Job.new(payload, method(:progress)) }
      left = @lock.synchronize do
        @granted -= number
        @asked -= 1
        @done.signal if @state
        jobs.each { |job| @unsaid.delete(job.jid) } # it would not come again if jobd had not heard of its last end
        next jobs if @state == "terminate"

        now = Jobd.now
        jobs.each { |job| (@waiting << [job, now]) && @work.signal }
        tick_early(STALE) unless jobs.empty?
        []
      end
      left.each { |job| give_back(job) }
      orders.each { |one| order(one["jid"], one["reason"]) }
    end

    def progress(told)
      @reports.send("TRACK SET #{JSON.generate(told)}\r\n", later: true) { false }
    end

    def order(jid, reason)
      job = @lock.synchronize do
        @running[jid]&.cancel(reason)
        place = @waiting.index { |waiting, _| waiting.jid == jid }
        @waiting.delete_at(place).first if place
      end
      give_back(job) if job
    end

    # Doing them.

    def work
      loop do
        job = @lock.synchronize do
          @work.wait(@lock) while @waiting.empty?
          job, = @waiting.shift
          @running[job.jid] = job
        end
        begin_at = Jobd.now
        line = perform(job)
        @lasted += (Jobd.now - begin_at - @lasted) / 10
        ended(job, line)
        ask if @granted.zero?
      end
    end

    # At a stop its time may have run out: then it was given back.
    def ended(job, line)
      mine = @lock.synchronize do
        @done.signal if @state
        @running.delete(job.jid) && (@unsaid[job.jid] = line)
      end
      say(job.jid, line) if mine && @reports.ready?
    end

    def perform(job)
      handler = HANDLERS[job.type] or raise NameError, "there is no handler for #{job.type}"
      result = handler.call(job, *job.args)
      "ACK #{JSON.generate(result.nil? ? { jid: job.jid } : { jid: job.jid, result: result })}\r\n"
    rescue Exception => e # rubocop:disable Lint/RescueException: whatever it is, the job has failed
      failure(job.jid, e)
    end

    def failure(jid, error)
      no_retry = error.respond_to?(:no_retry) && error.no_retry
      after = error.respond_to?(:retry_after) && error.retry_after
      message = error.message.dup.force_encoding(Encoding::UTF_8).scrub
      told = { jid: jid, errtype: error.class.name, message: message, backtrace: (error.backtrace || []).first(50) }
      told[:result] = { reason: "failed", no_retry: no_retry || nil, retry_after_ms: after && (after * 1000).to_i }.compact if no_retry || after
      "FAIL #{JSON.generate(told)}\r\n"
    end

    # Telling.

    def give_back(job)
      line = "RETURN #{JSON.generate({ jid: job.jid, reason: @state == "terminate" ? "stopped" : "returned" })}\r\n"
      report(job.jid, line)
    end

    def report(jid, line)
      @lock.synchronize { @unsaid[jid] = line }
      say(jid, line) if @reports.ready?
      false
    end

    def say(jid, line)
      @reports.send(line, later: true) do |answer|
        next false if answer.is_a?(Lost) || answer.is_a?(Unavailable)

        if answer.is_a?(Refused)
          # A disk that is full now; a result that is too long. What is refused else is a job that is not ours any more.
          next Thread.new { sleep(REFUSED) && say(jid, line) } && false if answer.code == "STORE"
          next report(jid, failure(jid, answer)) if line.start_with?("ACK ")
        end

        @lock.synchronize do
          @unsaid.delete(jid) if @unsaid[jid].equal?(line)
          @done.signal if @state
        end
        false
      end
    end

    def say_again
      @lock.synchronize { @unsaid.to_a }.each { |jid, line| say(jid, line) }
      beat
    end

    def beat
      told = { wid: @wid, current_state: @state }.compact
      @reports.send("BEAT #{JSON.generate(told)}\r\n", later: true) do |answer|
        next false unless answer.is_a?(String) && answer.start_with?("{")

        told = JSON.parse(answer)
        told["kill"]&.split&.each { |jid| order(jid, "cancelled") }
        quiet if told["state"] == "quiet" && !@state
        stop if told["state"] == "terminate"
        false
      end
    end

    # What is to be done by the clock: beats, what waits for too long, orders for a worker that is full.

    def tick_early(seconds)
      return if @tick_at && @tick_at <= Jobd.now + seconds

      @tick_at = Jobd.now + seconds
      @tick.signal
    end

    def tick
      beat_at = Jobd.now + BEAT
      loop do
        @lock.synchronize do
          while (left = [@tick_at, beat_at].compact.min - Jobd.now).positive?
            @tick.wait(@lock, left)
          end
          @tick_at = nil
        end
        beat if beat_at <= Jobd.now && (beat_at += BEAT)
        give_back_stale
        ask_for_orders
      end
    end

    def give_back_stale
      old = Jobd.now - STALE
      stale = @lock.synchronize do
        gone = @waiting.take_while { |_, since| since <= old }
        @waiting.shift(gone.size)
        @lasted = STALE unless gone.empty? # or they would be taken again at once
        tick_early(STALE) unless @waiting.empty?
        gone
      end
      stale.each { |job, _| give_back(job) }
    end
  end
end
