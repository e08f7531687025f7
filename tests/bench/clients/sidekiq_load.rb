# Sidekiq's own client, and with WHAT = work its worker process, which loads this file; see load.rb.
require "sidekiq"
require_relative "load"

# Each call of this pair of versions would be told off, at a cost.
Redis.silence_deprecations = true
redis = { url: "redis://#{ADDRESS}/0", size: [CLIENTS, 1].max + 5 }
COUNTER = Counter.new

class Bench
  include Sidekiq::Worker
  sidekiq_options queue: "bench"

  def perform(argument)
    COUNTER.count(argument)
  end
end

Sidekiq.configure_client { |config| config.redis = redis }
Sidekiq.configure_server do |config|
  config.redis = redis
  config.logger.level = Logger::WARN
  config.on(:startup) { puts "ready" }
end

unless WHAT == "work"
  produce(->(_, argument) { Bench.perform_async(argument) },
          ->(list) { Sidekiq::Client.push_bulk("class" => Bench, "args" => list.map { |argument| [argument] }) })
end
