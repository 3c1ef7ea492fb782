#pragma once

#include "core/base/error.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "job_types/payload_validator.hpp"

namespace callboard {

/// What is said of a job type by whoever runs it, or declares it.
struct type_description {
  std::string name;
  std::string version; ///< of the code that runs it
  std::string summary;
  std::string schema; ///< text of a JSON Schema (draft 7); empty: nothing is said about payloads
  friend bool operator==(const type_description&, const type_description&) = default;
};

/// Longest version and summary of a job type, in bytes; of its name see `core/base/name.hpp`.
inline constexpr size_t type_version_bytes_max = 64;
inline constexpr size_t type_summary_bytes_max = 256;

/// A directory of NAME.json, each the JSON Schema of job type NAME. Errors: invalid_value, with the file and the
/// reason; field is `jobs.types_directory`.
result<std::vector<type_description>> read_types_directory(const std::string& directory, uint64_t schema_bytes_max);

/// The job types that a scheduler accepts, and the schemas that their payloads follow: those that were declared when it
/// started, and those that some worker has registered, then or before. Thread-safe: REST threads take the validator of
/// the moment, while registrations make another one.
///
/// The newest registration of a type holds: its schema replaces the one before. One without a schema leaves the one
/// that is there.
class type_catalog {
public:
  struct limits {
    uint32_t types_max = 1000;
    uint64_t schema_bytes_max = 64u << 10;
  };
  explicit type_catalog(limits l);

  /// Known without any worker. Error: invalid_value with the name and the reason.
  result<done> declare(type_description d);

  /// What a worker registers: all of it, or an error and nothing of it. Returns a line for the log for each schema that
  /// replaces another one. @param again  the process was registered before: it says nothing new, so that two versions
  /// of a fleet that reconnect do not take turns. Only types that are not known are taken from it.
  /// Errors: invalid_value, out_of_range (more than `types_max`); field is the type's.
  result<std::vector<std::string>> offer(const std::vector<type_description>& types, bool again);

  /// What must be written down so that a scheduler after this one knows the type without a worker. Nothing for a type
  /// that is as declared, or that is not known.
  std::optional<std::string> record(std::string_view name) const;
  /// A record of a scheduler before this one. A registration of the type since then wins. Error: corrupt_record.
  result<done> restore(std::string name, std::string_view record);

  /// All types of the moment. Costs a lock and a reference count.
  std::shared_ptr<const payload_validator> validator() const;

private:
  struct entry {
    std::optional<type_description> declared;
    std::optional<type_description> registered;
    const std::string& schema() const;
  };

  result<done> check(const type_description& d) const;
  void publish();

  const limits limits_;
  std::mutex offering_;       ///< one change at a time; what a worker brings is compiled under it
  mutable std::mutex change_; ///< guards the two below, briefly: they are changed under both
  std::map<std::string, entry, std::less<>> entries_;
  payload_validator compiled_;
  /// Guards `published_` alone, and briefly. std::atomic<std::shared_ptr> of GCC 12 would do the same with a spin lock
  /// that ThreadSanitizer takes for a race.
  mutable std::mutex read_;
  std::shared_ptr<const payload_validator> published_;
};

} // namespace callboard
