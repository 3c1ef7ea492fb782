#pragma once

#include "core/base/error.hpp"
#include "core/base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace callboard {

inline constexpr duration objective_window_default = std::chrono::hours{24 * 30};

/// So many jobs may start per period, evenly; after a rest up to `burst` at once.
struct rate_limit {
  uint32_t jobs = 1;
  duration period{std::chrono::seconds{1}};
  uint32_t burst = 1;
  friend bool operator==(const rate_limit&, const rate_limit&) = default;
};

/// What all jobs of one concurrency key are held to.
struct key_limit {
  uint32_t concurrency = 0; ///< attempts under way at once; 0: any number
  std::optional<rate_limit> rate;
  friend bool operator==(const key_limit&, const key_limit&) = default;
};

/// How well a queue is to serve its jobs: service level objectives, which the alerts watch (core/alerts/objective.hpp).
struct queue_objective {
  duration wait{0};                           ///< an attempt that starts within this is good
  uint32_t wait_millionths = 0;               ///< of the attempts, which are to be good; 0: no objective for them
  uint32_t success_millionths = 0;            ///< of the jobs that end, which are to complete; 0: no objective for them
  duration window = objective_window_default; ///< for which they are meant
  friend bool operator==(const queue_objective&, const queue_objective&) = default;
};

/// What a queue, a job type, or a concurrency key of a queue is held to, and what a type gives its jobs. Jobs over a
/// limit wait where they stand in the order; others pass them.
struct limit_rule {
  bool paused = false;      ///< nothing starts
  uint32_t concurrency = 0; ///< attempts under way at once; 0: any number
  std::optional<rate_limit> rate;
  uint32_t weight = 1; ///< share of the slots: of a queue among queues of the same urgency, of a key within its queue
  // Of a queue.
  key_limit per_key;              ///< for each key that has no rule of its own
  uint64_t waiting_max = 0;       ///< its queued and scheduled jobs, above which new ones are refused; 0: any number
  uint64_t waiting_bytes_max = 0; ///< the same of the bytes of their payloads
  bool sheds = false;             ///< above these a less urgent job makes room for the new one, if there is one
  std::optional<uint8_t> full_accepts_from; ///< jobs of this priority and above are accepted all the same
  std::optional<rate_limit> preemption;     ///< its jobs may take slots of others, so often; nothing: never
  std::optional<queue_objective> objective;
  // Of a job type.
  std::optional<rate_limit> retry_rate; ///< of attempts after a back-off; those above it wait longer
  /// A result holds for the same version and payload so long, whatever its workers say; zero: never.
  std::optional<duration> cache_for;
  /// What nobody is shown of its jobs: paths as in `unique`, `payload.card.number` or `result.token`.
  std::vector<std::string> redact;
  /// Fields that a new job has when its client leaves them out, as a JSON object (http/api/type_defaults.hpp); empty:
  /// none.
  std::string defaults;
  friend bool operator==(const limit_rule&, const limit_rule&) = default;

  /// It says nothing.
  bool is_plain() const {
    return *this == limit_rule{};
  }
};
inline constexpr uint32_t weight_max = 1000;
/// What `preemption: true` in the rule of a queue stands for.
inline constexpr rate_limit preemption_default{10, std::chrono::seconds{60}, 1};

/// A queue and a concurrency key of it as one name; the keys of a queue follow each other in the order of these.
std::string key_name(std::string_view queue, std::string_view key);

/// As stored: one line of text.
std::string to_text(const limit_rule& r);
/// Errors: corrupt_record.
result<limit_rule> parse_limit_rule(std::string_view text);

enum class limit_kind : uint8_t { queue, type, key };

/// Whom a rule is for.
struct limit_target {
  limit_kind kind = limit_kind::queue;
  std::string name; ///< of the queue or the job type
  std::string key;  ///< of kind `key`: the concurrency key, in the queue `name`
  friend auto operator<=>(const limit_target&, const limit_target&) = default;
};

/// Tokens that come in evenly; each start takes one (the token bucket of RFC 2697, in jobs). It begins empty but for
/// one token, so that a restart does not give a second burst.
class token_bucket {
public:
  token_bucket(const rate_limit& r, steady_point now);

  bool has_one(steady_point now) const {
    return now >= ready_at();
  }
  /// When there is a token.
  steady_point ready_at() const {
    return full_at_ - wait_ + step_;
  }
  /// Takes one. Without one the next comes later by a step: a job that was found running counts as well.
  void take(steady_point now);
  /// When there are as many as it holds.
  steady_point full_at() const {
    return full_at_;
  }

private:
  duration step_; ///< between two tokens
  duration wait_; ///< in which an empty bucket becomes full
  steady_point full_at_;
};

} // namespace callboard
