#include "files/posix_zone.hpp"

#include <date/ptz.h>

#include <stdexcept>

namespace callboard {

namespace {

class parsed_zone final : public posix_zone {
public:
  explicit parsed_zone(const std::string& text) : zone_(text) {
  }
  span at(int64_t t) const override {
    const auto i = zone_.get_info(date::sys_seconds{std::chrono::seconds{t}});
    return {i.begin.time_since_epoch().count(), i.end.time_since_epoch().count(), i.offset.count()};
  }

private:
  Posix::time_zone zone_;
};

} // namespace

std::shared_ptr<const posix_zone> posix_zone::parse(const std::string& text) {
  try {
    return std::make_shared<parsed_zone>(text);
  } catch (const std::runtime_error&) {
    return nullptr;
  }
}

} // namespace callboard
