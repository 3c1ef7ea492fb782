#include "audit/audit_verify.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <set>
#include <utility>

#include "audit/audit_chain.hpp"
#include "audit/audit_directory.hpp"
#include "files/file_lock.hpp"
#include "files/read_file.hpp"

namespace callboard {

namespace {

namespace fs = std::filesystem;

/// The files, and how large the last one was while nobody wrote.
struct snapshot {
  std::vector<uint64_t> numbers;
  uint64_t last_bytes = 0;
};

result<snapshot> look(const fs::path& directory) {
  // Of a copy that cannot be written to there is no lock, and nobody writes to it.
  const auto lock = file_lock::lock(audit_lock_file(directory), "a look at the audit log");
  auto numbers = audit_file_numbers(directory);
  if (!numbers)
    return std::move(numbers).err();
  snapshot out{std::move(*numbers), 0};
  std::error_code code;
  if (!out.numbers.empty())
    out.last_bytes = fs::file_size(audit_file(directory, out.numbers.back()), code);
  if (code)
    return error{ec::internal_error, directory.string() + " cannot be read: " + code.message()};
  return out;
}

class check {
public:
  explicit check(const std::string& expect) : expect_(expect) {
  }

  void take_file(const fs::path& file, std::string_view text, bool is_last) {
    ++verdict_.files;
    const auto rest = for_each_audit_line(text, [&](uint64_t number, std::string_view line) {
      ++verdict_.records;
      if (auto why = chain_.take(line))
        add({file, number, std::move(*why)});
      else
        note(*chain_.last());
    });
    if (rest > 0 && is_last)
      verdict_.unfinished_bytes = rest;
    else if (rest > 0)
      add({file, 0, "its last line is not whole"});
  }

  audit_verdict end(const fs::path& first_file) && {
    if (chain_.last() != nullptr) {
      verdict_.first = chain_.first_sequence();
      verdict_.last = chain_.sequence();
      verdict_.hash = chain_.hash();
      const bool at_begin = verdict_.first == 1 && chain_.first_previous() == audit_chain_begin;
      if (!at_begin && !removed_.contains({verdict_.first - 1, chain_.first_previous()}))
        add({first_file, 1,
             "it begins with record " + std::to_string(verdict_.first) +
               ", and no record says that those before were removed"});
    }
    if (!expect_.empty() && !expected_seen_)
      add({first_file.parent_path(), 0, "no record has the hash " + expect_});
    return std::move(verdict_);
  }

private:
  void add(audit_fault f) {
    if (verdict_.faults_count++ < audit_faults_max)
      verdict_.faults.push_back(std::move(f));
  }
  void note(const audit_record& r) {
    expected_seen_ = expected_seen_ || r.hash == expect_;
    if (r.act != audit_act_remove)
      return;
    const auto v = nlohmann::json::parse(r.after, nullptr, false);
    if (v.is_object() && v.contains("lastSequence") && v["lastSequence"].is_number_unsigned() &&
        v.contains("lastHash") && v["lastHash"].is_string())
      removed_.emplace(v["lastSequence"].get<uint64_t>(), v["lastHash"].get<std::string>());
  }

  const std::string& expect_;
  bool expected_seen_ = false;
  audit_chain chain_;
  audit_verdict verdict_;
  std::set<std::pair<uint64_t, std::string>> removed_; ///< the last record of what was removed
};

/// Nothing: a file was removed meanwhile.
result<std::optional<audit_verdict>> try_verify(const fs::path& directory, const std::string& expect) {
  const auto seen = look(directory);
  if (!seen)
    return seen.err();
  if (seen->numbers.empty())
    return error{ec::not_found, "there is no audit log in " + directory.string()};
  check c{expect};
  for (const auto number : seen->numbers) {
    const auto file = audit_file(directory, number);
    const bool is_last = number == seen->numbers.back();
    auto text = read_file(file);
    if (!text && text.err().code == ec::not_found)
      return std::optional<audit_verdict>{};
    if (!text)
      return std::move(text).err();
    if (is_last && text->size() > seen->last_bytes)
      text->resize(seen->last_bytes);
    c.take_file(file, *text, is_last);
  }
  return std::optional{std::move(c).end(audit_file(directory, seen->numbers.front()))};
}

} // namespace

result<audit_verdict> verify_audit(const fs::path& directory, const std::string& expect) {
  // Old files are removed once in a while; twice in a row there are none left to remove.
  for (int tries = 0; tries < 3; ++tries) {
    auto v = try_verify(directory, expect);
    if (!v)
      return std::move(v).err();
    if (*v)
      return std::move(**v);
  }
  return error{ec::internal_error, "the files of " + directory.string() + " go away while they are read"};
}

} // namespace callboard
