#pragma once

#include "http/json/redaction.hpp"

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace callboard {

/// What nobody is shown, of all job types. Thread-safe: read by the threads of the REST interface, set by the
/// scheduler's.
class redaction_book {
public:
  /// Null: all of the type's jobs is shown.
  std::shared_ptr<const redaction> find(std::string_view type) const;
  /// Of a job whose type nobody knows yet: what any type redacts. Null: nothing.
  std::shared_ptr<const redaction> of_any() const;
  /// @param paths  of the type from now on; none: all is shown.
  void set(const std::string& type, const std::vector<std::string>& paths);

private:
  std::atomic<bool> any_{false}; ///< most have none, and each job that is shown asks
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<std::string>, std::less<>> paths_;
  std::map<std::string, std::shared_ptr<const redaction>, std::less<>> by_type_;
};

} // namespace callboard
