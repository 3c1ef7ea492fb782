#include "http/json/redacted_key.hpp"

#include "http/json/json_source.hpp"

namespace callboard {

bool is_redacted_key(std::string_view key, const redaction& hidden) {
  class names final : public json_events {
  public:
    explicit names(const redaction& hidden) : hidden_(hidden) {
    }
    bool scalar(const json_scalar&, const char*) override {
      return depth_ > 0;
    }
    bool open(bool, const char*) override {
      ++depth_;
      return true;
    }
    bool close(const char*) override {
      read = --depth_ == 0;
      return true;
    }
    bool key(std::string& name, const char*) override {
      found = found || (depth_ == 1 && hidden_.concerns(name));
      return true;
    }
    bool found = false, read = false;

  private:
    const redaction& hidden_;
    unsigned depth_ = 0;
  } parts{hidden};
  if (!hidden.has_payload())
    return false;
  const bool failed = parse_json(key, parts, UINT32_MAX).has_value();
  return failed || !parts.read || parts.found; // of a digest nobody can tell
}

} // namespace callboard
