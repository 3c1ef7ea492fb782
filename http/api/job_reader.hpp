#pragma once

#include "core/job/job.hpp"
#include "http/api/api.hpp"
#include "http/api/failure_rule_reader.hpp"
#include "http/api/type_defaults.hpp"
#include "http/api/unique_reader.hpp"
#include "http/json/json_source.hpp"
#include "http/json/json_tree.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace callboard {

/// A dependency on a job of the same batch (`"#0"`), by its position.
struct inner_dependency {
  size_t position = 0;
  dependency_condition on = dependency_condition::success;
  friend bool operator==(const inner_dependency&, const inner_dependency&) = default;
};

/// A job as a client asks for it.
struct parsed_job {
  job_spec spec;
  std::vector<inner_dependency> inner;
};

/// Where a job is read, which decides what it may have.
enum class job_place : uint8_t {
  alone,
  batch,    ///< dependencies may name other jobs of it
  schedule, ///< each fire time is a job of its own: nothing that names one moment or one job
  defaults, ///< of a job type: only what holds for jobs of any payload
};

/// Reads the fields of one submitted job from the events of the parser. The first error of a job is the one told; the
/// rest of the job is read over, so that a batch goes on behind it.
class job_reader {
public:
  /// @param text  the whole JSON text: the payload is cut out of it as it came.
  job_reader(const api& a, std::string_view text, time_point now, job_place place);

  /// Begins a job; its opening brace was read.
  void start();
  void scalar(const json_scalar& v, const char* at);
  void open(bool array, const char* at);
  /// True when this closed the job itself.
  bool close(const char* at);
  void key(std::string& name, const char* at);
  /// Checks the job by everything that needs no scheduler, and completes it by its type's defaults. Field paths start
  /// at the job.
  std::optional<error> complete();
  /// What was read, for the caller to take. Precondition: it is complete.
  parsed_job& job() {
    return job_;
  }
  /// Both: the job, or what is wrong with it.
  result<parsed_job> finish();
  /// What the object of a type's defaults has said; of `job_place::defaults`.
  result<type_defaults> finish_defaults();
  /// What is wrong with the fields that were read, each by itself: of a job some of whose fields are not known yet.
  std::optional<error> check_fields() const;

private:
  enum class field : uint8_t {
    none, // unknown, or no longer of interest
    job_type,
    priority,
    payload,
    schedule_at,
    retry_count,
    max_retries,
    timeout,
    soft_timeout,
    dependencies,
    dependency_rule,
    deadline,
    queue,
    tags,
    idempotency_key,
    retry_policy,
    durability,
    resources,
    unique,
    on_miss,
    finish_by,
    concurrency_key,
    type_version,
    preempts,
    preemptible,
    held,
    traceparent,
    tracestate,
    last_of_job = tracestate,
    // within retryPolicy
    kind,
    base_seconds,
    cap_seconds,
    jitter,
    memory_growth_percent,
    memory_growth_max,
    on_error,
    total_seconds,
    // within one of the dependencies
    id,
    on,
  };
  using field_set = uint64_t;
  static_assert(static_cast<unsigned>(field::on) < std::numeric_limits<field_set>::digits, "a bit for each field");
  static constexpr field_set bit(field f) {
    return field_set{1} << static_cast<unsigned>(f);
  }
  struct field_name {
    std::string_view text;
    field id;
  };
  /// The dependency that is being read: a job, or a position in the batch.
  struct dependency_entry {
    bool open = false; // it is an object, and has not been closed
    std::optional<job_id> job;
    std::optional<size_t> position;
    dependency_condition on = dependency_condition::success;
  };
  static const field_name job_fields[];
  static const field_name policy_fields[];
  static const field_name dependency_fields[];

  /// `tags[2]`
  static std::string item(std::string_view list, size_t i);
  void fail(error e);
  void fail(ec code, std::string_view path, std::string message);
  /// Why a job does not have this field where it is read; empty: it may.
  std::string_view refusal(field f) const;
  static std::string_view refusal_in_defaults(field f);
  bool has(field f) const {
    return (seen_ & bit(f)) != 0;
  }
  void select(std::string_view name, const field_name* begin, const field_name* end, std::string_view prefix);
  void set(const json_scalar& v);
  void set_durability(const json_scalar& v);
  void set_unique(const json_scalar& v);
  void set_on_miss(const json_scalar& v);
  void set_concurrency_key(const json_scalar& v);
  void set_type_version(const json_scalar& v);
  void set_preemptible(const json_scalar& v);
  void set_held(const json_scalar& v);
  void set_trace(const json_scalar& v);
  void set_policy(const json_scalar& v);
  void add_tag(const json_scalar& v);
  // job_reader_dependencies.cpp
  /// `dependencies[2]`: the one that is being read.
  std::string dependency_path() const;
  void set_rule(const json_scalar& v);
  bool has_room_for_dependency();
  void add_dependency(const json_scalar& v);
  void open_dependency(bool array);
  void set_dependency(const json_scalar& v);
  void close_dependency();
  bool name_dependency(std::string_view text, std::string_view below);
  void take_dependency();
  void end_payload(const char* at);
  /// The tree into which the present field is read as it is; null for the others.
  json_tree* tree();
  // job_reader_checks.cpp
  void use_defaults();
  error unknown_type(std::string_view type) const;
  std::optional<error> check_times() const;
  std::optional<error> check_soft_timeout() const;
  std::optional<error> check_policy() const;
  std::optional<error> check_dependencies() const;
  std::optional<error> make_unique_key();
  std::optional<error> make_concurrency_key();

  template <class T, class U>
  void take(result<T> r, U& into) {
    if (r)
      into = std::move(*r);
    else
      fail(std::move(r).err());
  }

  const api& api_;
  std::string_view text_;
  time_point now_;
  job_place place_;

  parsed_job job_;
  std::optional<error> err_;
  json_tree payload_;
  json_tree resources_;
  json_tree unique_tree_;
  std::optional<unique_request> unique_;
  trace_context trace_;
  json_tree preemptible_tree_;
  json_tree key_tree_;
  std::string type_version_;
  std::string key_path_; // where the concurrency key stands in the payload; empty: it was given, or there is none
  failure_rule_reader rules_;
  bool in_rules_ = false;
  const char* payload_begin_ = nullptr;
  std::string scratch_;
  field_set seen_ = 0;
  unsigned depth_ = 0; // 1 in the job's object, 2 in a field's array or object, 3 in an object of `dependencies`
  field field_ = field::none;
  field outer_ = field::none; // the field at depth 1 whose inside is being read
  dependency_entry entry_;
};

} // namespace callboard
