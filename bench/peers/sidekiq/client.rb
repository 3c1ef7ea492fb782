# Sidekiq's own client, as load. Usage: ruby client.rb COMMAND KEY=VALUE...
#   fill jobs=N                                      pushes N jobs in bulk
#   submit connections=N (seconds=S | jobs=N)        single pushes, each thread one at a time. Prints a line when it is
#                                                    ready, and begins when it is given one
#   rate rate=R seconds=S                            pushes at a fixed rate; arguments carry when they were due
# Times are of CLOCK_MONOTONIC, in microseconds. BENCH_REDIS is a port of 127.0.0.1.
require "json"
require "sidekiq"

Redis.silence_deprecations = true # of this version of Sidekiq, once per push

given = ARGV.drop(1).map { |word| word.split("=", 2) }.to_h
connections = (given["connections"] || 4).to_i
Sidekiq.configure_client { |c| c.redis = { url: "redis://127.0.0.1:#{ENV.fetch("BENCH_REDIS")}/0", size: connections } }

def now
  Process.clock_gettime(Process::CLOCK_MONOTONIC, :microsecond)
end

PAYLOAD = { "to" => "user@example.com", "subject" => "Welcome", "body" => "Welcome to our service" }.freeze

def push(payload = PAYLOAD)
  Sidekiq::Client.push("class" => "Noop", "args" => [payload])
end

def wait_until(time)
  left = time - now
  sleep(left / 1e6) if left > 0
end

def print_line(line)
  puts JSON.generate(line)
  $stdout.flush
end

case ARGV[0]
when "fill"
  left = given.fetch("jobs").to_i
  batch = (given["batch"] || 1000).to_i
  lock = Mutex.new
  start = now
  4.times.map do
    Thread.new do
      loop do
        count = lock.synchronize { [batch, left].min.tap { |n| left -= n } }
        break if count == 0
        Sidekiq::Client.push_bulk("class" => "Noop", "args" => Array.new(count) { [PAYLOAD] })
      end
    end
  end.each(&:join)
  print_line(jobs: given["jobs"].to_i, begin: start, end: now)
when "submit"
  connections.times.map { Thread.new { push } }.each(&:join) # connects
  print_line(ready: true)
  $stdin.gets
  start = now
  over = given["seconds"] ? start + given["seconds"].to_f * 1e6 : Float::INFINITY
  share = given["jobs"] ? given["jobs"].to_i / connections : Float::INFINITY
  jobs = connections.times.map do
    Thread.new do
      mine = 0
      while mine < share && now < over
        push
        mine += 1
      end
      mine
    end
  end.sum(&:value)
  print_line(jobs: jobs, warm: connections, begin: start, end: now)
when "rate"
  rate = given.fetch("rate").to_f
  total = (rate * given.fetch("seconds").to_f).round
  due = Queue.new
  threads = connections.times.map do
    Thread.new do
      while (time = due.pop)
        push(PAYLOAD.merge("due" => time))
      end
    end
  end
  start = now + 100_000
  total.times do |i|
    time = (start + i * 1e6 / rate).round
    wait_until(time)
    due << time
  end
  connections.times { due << nil }
  threads.each(&:join)
  print_line(jobs: total, begin: start, end: now)
else
  abort "unknown command #{ARGV[0]}"
end
