# A Sidekiq worker that does nothing and tells by UDP what it has done. Run with: sidekiq -r worker.rb
require "json"
require "sidekiq"
require "socket"

Redis.silence_deprecations = true

Sidekiq.configure_server do |config|
  config.redis = { url: "redis://127.0.0.1:#{ENV.fetch("BENCH_REDIS")}/0" }
  config.logger.level = Logger::WARN
  config.on(:startup) { Noop.report }
end

class Noop
  include Sidekiq::Worker
  @lock = Mutex.new
  @done = 0
  @at = 0
  @latencies = []

  class << self
    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC, :microsecond)
    end

    def ended(payload)
      time = now
      @lock.synchronize do
        @latencies << time - payload["due"] if payload["due"]
        @done += 1
        @at = time
      end
    end

    def report
      socket = UDPSocket.new
      socket.connect("127.0.0.1", ENV.fetch("BENCH_REPORT").to_i)
      told = -1
      Thread.new do
        loop do
          done, at, latencies = @lock.synchronize { [@done, @at, @latencies.shift(1000)] }
          socket.send(JSON.generate(pid: Process.pid, done: done, at: at, latencies: latencies), 0) if done != told || latencies.any?
          told = done
          sleep 0.005
        end
      end
    end
  end

  def perform(payload)
    Noop.ended(payload)
  end
end
