#include "tests/audit/audit_fixture.hpp"

#include <csignal>

#include "audit/audit_directory.hpp"

namespace callboard::test {

using namespace std::chrono_literals;

time_point audit_time(int64_t seconds) {
  using namespace std::chrono;
  return time_point{sys_days{2026y / January / 15}} + 10h + 30min + std::chrono::seconds{seconds};
}

audit_record some_act(const std::string& act, const std::string& target) {
  audit_record r;
  r.act = act;
  r.target = target;
  r.actor = {"127.0.0.1:50412", "curl/7.88.1", "ann"};
  r.intent = 0;
  r.request = R"({"concurrency":4})";
  r.before = R"({"concurrency":null})";
  r.after = R"({"concurrency":4})";
  r.outcome = audit_outcome{200, {}};
  return r;
}

void audit_scratch::write(size_t records, audit_bounds bounds, int64_t at) const {
  audit_writer w{directory, bounds};
  for (size_t i = 0; i < records; ++i) {
    auto r = some_act();
    const auto ok = w.append({&r, 1}, audit_time(at + static_cast<int64_t>(i)));
    REQUIRE(ok);
  }
}

audit_verdict audit_scratch::verify(const std::string& expect) const {
  auto v = verify_audit(directory, expect);
  REQUIRE(v);
  return std::move(*v);
}

std::string audit_scratch::read(uint64_t number) const {
  std::ifstream in{audit_file(directory, number), std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

void audit_scratch::replace(const std::string& text, uint64_t number) const {
  std::ofstream{audit_file(directory, number), std::ios::binary | std::ios::trunc} << text;
}

std::vector<std::string> audit_scratch::lines(uint64_t number) const {
  std::vector<std::string> out;
  const auto text = read(number);
  for_each_audit_line(text, [&](uint64_t, std::string_view line) { out.emplace_back(line); });
  return out;
}

void audit_scratch::replace_lines(const std::vector<std::string>& lines, uint64_t number) const {
  std::string text;
  for (const auto& line : lines)
    text += line + "\n";
  replace(text, number);
}

std::vector<audit_record> audit_scratch::records() const {
  std::vector<audit_record> out;
  const auto numbers = audit_file_numbers(directory);
  REQUIRE(numbers);
  for (const auto n : *numbers)
    for (const auto& line : lines(n)) {
      auto r = read_audit_line(line);
      REQUIRE(r);
      out.push_back(std::move(*r));
    }
  return out;
}

full_disk::full_disk(uint64_t bytes) {
  ::getrlimit(RLIMIT_FSIZE, &before_);
  handler_ = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit now{bytes, before_.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &now);
}

full_disk::~full_disk() {
  ::setrlimit(RLIMIT_FSIZE, &before_);
  std::signal(SIGXFSZ, handler_);
}

} // namespace callboard::test
