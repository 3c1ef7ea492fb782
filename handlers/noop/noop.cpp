#include "handlers/builtin.hpp"
#include "handlers/builtin_handler.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <string_view>

#include "job_types/text_codec.hpp"

namespace callboard {

namespace {

class noop final : public builtin_handler {
public:
  noop() : builtin_handler(noop_type) {
  }

  attempt_outcome run(const attempt& a, handler_context& ctx) override {
    // Benchmarks run millions of these: a payload that asks for nothing is not even parsed.
    constexpr std::array<std::string_view, 4> wishes{"\"sleepMs\"", "\"fail\"", "\"result\"", "\"stamp\""};
    const auto asked = [&](std::string_view wish) { return a.payload.find(wish) != std::string_view::npos; };
    if (std::none_of(wishes.begin(), wishes.end(), asked))
      return {.result = ok()};
    const auto began = std::chrono::system_clock::now();
    const auto p = nlohmann::json::parse(a.payload);
    if (const auto ms = p.value("sleepMs", int64_t{0}); ms > 0 && ctx.token().wait_for(std::chrono::milliseconds{ms}))
      return stopped(ctx.token());
    if (const auto f = p.find("fail"); f != p.end() && !f->is_null())
      return *f == "final" ? fail_for_good("NOOP_FAILED", "the payload asks for a final failure")
                           : fail("NOOP_FAILED", "the payload asks for a failure");
    if (const auto r = p.find("result"); r != p.end())
      return succeed(to_json_text(*r));
    if (p.value("stamp", false))
      return succeed(R"({"startedAtUs":)" + std::to_string(to_us(began)) + "}");
    return {.result = ok()};
  }

private:
  static int64_t to_us(std::chrono::system_clock::time_point t) {
    return std::chrono::duration_cast<std::chrono::microseconds>(t.time_since_epoch()).count();
  }
  static const blob& ok() {
    static const blob shared{R"({"ok":true})"};
    return shared;
  }
};

} // namespace

std::shared_ptr<handler> make_noop() {
  return std::make_shared<noop>();
}

} // namespace callboard
