#include "files/time_zone.hpp"

#include <date/tz.h>

#include <stdexcept>
#include <string>

#include "files/posix_zone.hpp"
#include "files/read_file.hpp"

namespace callboard {

namespace {

constexpr const char* database = "/usr/share/zoneinfo/";
constexpr uint64_t zone_bytes_max = 1 << 20;

/// The rule for the time after the last change that a zone's file lists (RFC 8536, 3.3): a POSIX TZ string on a line of
/// its own at the end. Files list changes until 2037, or, of tzdata's slim form, hardly any. Null: no more changes.
std::shared_ptr<const posix_zone> rule_after_the_list(std::string_view name) {
  const auto file = read_file(database + std::string{name}, zone_bytes_max);
  if (!file || file->empty() || file->back() != '\n')
    return nullptr;
  const auto begin = file->rfind('\n', file->size() - 2);
  const auto rule = begin == std::string::npos ? "" : file->substr(begin + 1, file->size() - begin - 2);
  if (rule.find(',') == std::string::npos)
    return nullptr;
  return posix_zone::parse(rule);
}

class database_zone final : public zone_rules {
public:
  explicit database_zone(const date::time_zone& zone) : zone_(zone), later_(rule_after_the_list(zone.name())) {
  }
  span at(std::chrono::sys_seconds t) const override {
    const auto listed = zone_.get_info(t);
    if (!later_ || listed.end < last_listed)
      return {listed.begin, listed.end, listed.offset};
    const auto s = later_->at(t.time_since_epoch().count());
    const auto moment = [](int64_t since_1970) { return std::chrono::sys_seconds{std::chrono::seconds{since_1970}}; };
    return {std::max(moment(s.begin), listed.begin), moment(s.end), std::chrono::seconds{s.offset}};
  }

private:
  /// The library's end of a span without one lies beyond all calendars.
  static constexpr std::chrono::sys_seconds last_listed{std::chrono::sys_days{std::chrono::year{3000} / 1 / 1}};

  const date::time_zone& zone_;
  std::shared_ptr<const posix_zone> later_;
};

} // namespace

result<std::shared_ptr<const zone_rules>> find_time_zone(std::string_view name) {
  try {
    date::get_tzdb(); // reads it the first time
  } catch (const std::exception& e) {
    return error{ec::internal_error,
                 std::string{"the time zones of this machine cannot be read (is tzdata installed?): "} + e.what()};
  }
  try {
    return std::shared_ptr<const zone_rules>{std::make_shared<database_zone>(*date::locate_zone(name))};
  } catch (const std::exception&) {
    return error{ec::invalid_value,
                 "there is no time zone \"" + std::string{name} +
                   "\" in the database of this machine; allowed are its names, such as Europe/Berlin or UTC",
                 "timeZone"};
  }
}

} // namespace callboard
