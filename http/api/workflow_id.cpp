#include "http/api/workflow_id.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <random>

namespace callboard {

namespace {

constexpr std::string_view id_prefix = "w-";
constexpr std::string_view alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr size_t digits = 26;

struct shared_generator {
  std::mutex mutex;
  std::mt19937_64 draw;
};

std::mt19937_64 seeded() {
  std::random_device source;
  std::seed_seq seed{source(), source(), source(), source(), source(), source(), source(), source()};
  return std::mt19937_64{seed};
}

} // namespace

std::string workflow_id(time_point now, uint16_t random_high, uint64_t random_low) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
  auto high = static_cast<uint64_t>(std::max<int64_t>(ms, 0)) << 16 | random_high;
  auto low = random_low;
  std::string text{id_prefix};
  text.resize(id_prefix.size() + digits);
  for (auto at = text.size(); at-- > id_prefix.size();) {
    text[at] = alphabet[low & 31u];
    low = low >> 5 | high << 59;
    high >>= 5;
  }
  return text;
}

bool is_workflow_id(std::string_view text) {
  return text.size() == id_prefix.size() + digits && text.starts_with(id_prefix) &&
         text.find_first_not_of(alphabet, id_prefix.size()) == std::string_view::npos;
}

workflow_ids random_workflow_ids() {
  auto shared = std::make_shared<shared_generator>();
  shared->draw = seeded();
  return [shared](time_point now) {
    const std::lock_guard lock{shared->mutex};
    const auto high = static_cast<uint16_t>(shared->draw());
    return workflow_id(now, high, shared->draw());
  };
}

} // namespace callboard
