#include "audit/audit_directory.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <system_error>

#include "files/file_error.hpp"

namespace callboard {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view file_start = "audit-", file_end = ".jsonl";
constexpr size_t file_digits = 8;

} // namespace

fs::path audit_file(const fs::path& directory, uint64_t number) {
  auto digits = std::to_string(number);
  if (digits.size() < file_digits)
    digits.insert(0, file_digits - digits.size(), '0');
  return directory / std::string{file_start}.append(digits).append(file_end);
}

result<std::vector<uint64_t>> audit_file_numbers(const fs::path& directory) {
  std::vector<uint64_t> out;
  std::error_code code;
  fs::directory_iterator each{directory, code};
  if (code == std::errc::no_such_file_or_directory)
    return out;
  for (; !code && each != fs::directory_iterator{}; each.increment(code)) {
    const auto name = each->path().filename().string();
    if (name.size() < file_start.size() + file_digits + file_end.size() || !name.starts_with(file_start) ||
        !name.ends_with(file_end))
      continue;
    const auto* begin = name.data() + file_start.size();
    const auto* end = name.data() + name.size() - file_end.size();
    uint64_t number = 0;
    if (const auto [at, bad] = std::from_chars(begin, end, number); bad == std::errc{} && at == end)
      out.push_back(number);
  }
  if (code)
    return file_error(directory, "read", code.value());
  std::sort(out.begin(), out.end());
  return out;
}

fs::path audit_lock_file(const fs::path& directory) {
  return directory / "lock";
}

} // namespace callboard
