#include "audit/audit_writer.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <system_error>
#include <utility>

#include "audit/audit_directory.hpp"
#include "files/file_error.hpp"
#include "files/file_lock.hpp"
#include "files/read_file.hpp"

namespace callboard {

namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

/// Between two looks for files that are to be removed.
constexpr std::chrono::hours look_for_old_every{1};

constexpr mode_t file_mode = 0600;

/// Invalid bytes of a damaged file must not stop the log.
std::string text_of(const ordered_json& v) {
  return v.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

/// The log itself does it.
audit_record own_record(std::string_view act, std::string after) {
  audit_record r;
  r.act = act;
  r.actor.address = "local";
  r.after = std::move(after);
  r.outcome = audit_outcome{200, {}};
  return r;
}

} // namespace

audit_writer::audit_writer(fs::path directory, audit_bounds bounds)
  : directory_(std::move(directory)), bounds_(bounds) {
}

result<done> audit_writer::append(std::span<audit_record> records, time_point now) {
  if (auto ok = make_directory(); !ok)
    return ok;
  const auto lock = file_lock::lock(audit_lock_file(directory_), "an audit log");
  if (!lock)
    return lock.err();
  if (auto ok = catch_up(); !ok) {
    forget();
    return ok;
  }
  std::vector<audit_record> own;
  for (const auto& f : findings_)
    own.push_back(own_record(f.act, f.text));
  auto removed = own_record(audit_act_remove, {});
  const auto old = outdated(now, removed);
  if (!old.empty())
    own.push_back(std::move(removed));

  if (bytes_ >= bounds_.file_bytes_max)
    if (auto ok = next_file(number_ + 1); !ok)
      return ok;
  auto sequence = sequence_;
  auto hash = hash_;
  std::string text;
  const auto add = [&](audit_record& r) {
    r.sequence = ++sequence;
    if (r.at == time_point{})
      r.at = now;
    // After a break a chain of its own begins, with the record that tells of it.
    r.previous = r.act == audit_act_break ? std::string{audit_chain_begin} : hash;
    text += audit_line(r);
    text += '\n';
    hash = r.hash;
  };
  std::for_each(own.begin(), own.end(), add);
  std::for_each(records.begin(), records.end(), add);
  if (auto ok = file_->append(text); !ok) {
    forget(); // what is in the file now is to be looked at anew
    return ok;
  }
  bytes_ += text.size();
  sequence_ = sequence;
  hash_ = std::move(hash);
  findings_.clear();
  // Only now: before the record is on disk nothing may be missing. What stays by a crash goes another time.
  for (const auto number : old) {
    std::error_code ignored;
    fs::remove(audit_file(directory_, number), ignored);
  }
  return done{};
}

result<done> audit_writer::make_directory() const {
  std::error_code code;
  if (fs::is_directory(directory_, code))
    return done{};
  fs::create_directories(directory_, code);
  if (code)
    return file_error(directory_, "made", code.value());
  fs::permissions(directory_, fs::perms::owner_all, code);
  if (code)
    return file_error(directory_, "made private", code.value());
  return done{};
}

void audit_writer::forget() {
  file_.reset();
}

/// Reads what has come since, of other processes, and what is wrong at the end.
result<done> audit_writer::catch_up() {
  const auto numbers = audit_file_numbers(directory_);
  if (!numbers)
    return numbers.err();
  const bool same = file_ && !numbers->empty() && numbers->back() == number_;
  if (!same)
    return open_last(*numbers);
  const auto size = file_->size();
  if (!size)
    return size.err();
  if (*size == bytes_)
    return done{};
  if (*size < bytes_) {
    found_broken(audit_file(directory_, number_).filename().string(), "its end was taken away");
    bytes_ = *size;
    return done{};
  }
  const auto text = file_->read_from(bytes_);
  if (!text)
    return text.err();
  return take(*text, 0);
}

result<done> audit_writer::open_last(const std::vector<uint64_t>& numbers) {
  const auto known = sequence_;
  sequence_ = 0;
  hash_ = audit_chain_begin;
  if (auto ok = read_end_before(numbers); !ok)
    return ok;
  if (auto ok = next_file(numbers.empty() ? 1 : numbers.back()); !ok)
    return ok;
  const auto text = file_->read_from(0);
  if (!text)
    return text.err();
  if (auto ok = take(*text, 1); !ok)
    return ok;
  if (sequence_ < known)
    found_broken(audit_file(directory_, number_).filename().string(), "its end was taken away");
  return done{};
}

/// The last record of the files before the last one: the chain of that goes on from there.
result<done> audit_writer::read_end_before(const std::vector<uint64_t>& numbers) {
  if (numbers.size() < 2)
    return done{};
  const auto text = read_file(audit_file(directory_, numbers[numbers.size() - 2]));
  if (!text)
    return text.err();
  audit_chain chain;
  for_each_audit_line(*text, [&](uint64_t, std::string_view line) { static_cast<void>(chain.take(line)); });
  sequence_ = chain.sequence();
  hash_ = chain.hash();
  return done{};
}

/// Follows the chain through lines at the end of the file. @param first_line  the number of the first one; 0: unknown.
result<done> audit_writer::take(std::string_view text, uint64_t first_line) {
  std::string why;
  uint64_t at = 0;
  audit_chain chain;
  const auto rest = for_each_audit_line(text, [&](uint64_t number, std::string_view line) {
    const bool first = chain.last() == nullptr;
    auto fault = chain.take(line);
    if (!fault && first && sequence_ != 0 && chain.first_previous() != hash_)
      fault = "record " + std::to_string(chain.sequence()) + " follows another record than the one before it";
    if (fault && chain.last() != nullptr && chain.last()->act == audit_act_break) {
      broken_ = "found before: " + chain.last()->after; // and recorded, so there is no second record
      why.clear();
    } else if (fault && why.empty()) {
      why = std::move(*fault);
      at = first_line == 0 ? 0 : first_line + number - 1;
    }
  });
  if (chain.last() != nullptr) {
    sequence_ = std::max(sequence_, chain.sequence());
    hash_ = chain.hash();
  }
  bytes_ += text.size() - rest;
  if (!why.empty())
    found_broken(audit_file(directory_, number_).filename().string() + (at == 0 ? "" : " line " + std::to_string(at)),
                 why);
  if (rest == 0)
    return done{};
  if (auto ok = file_->cut(bytes_); !ok)
    return ok;
  find(audit_act_cut, text_of({{"file", audit_file(directory_, number_).filename().string()}, {"bytes", rest}}));
  return done{};
}

/// A finding that could not be recorded may be made again.
void audit_writer::find(std::string_view act, std::string text) {
  const bool known =
    std::any_of(findings_.begin(), findings_.end(), [&](const finding& f) { return f.act == act && f.text == text; });
  if (!known)
    findings_.push_back({act, std::move(text)});
}

void audit_writer::found_broken(const std::string& where, const std::string& why) {
  broken_ = where + ": " + why;
  find(audit_act_break, text_of({{"where", where}, {"why", why}}));
}

result<done> audit_writer::next_file(uint64_t number) {
  auto file = append_file::open(audit_file(directory_, number), file_mode);
  if (!file)
    return std::move(file).err();
  file_ = std::move(*file);
  number_ = number;
  bytes_ = 0;
  return done{};
}

/// The oldest files, as far as all their records are older than is kept; never the last one. Of a file that cannot be
/// read nothing is removed, nor behind it.
std::vector<uint64_t> audit_writer::outdated(time_point now, audit_record& told) {
  std::vector<uint64_t> out;
  if (bounds_.keep.count() == 0 || (looked_for_old_ && now - *looked_for_old_ < look_for_old_every))
    return out;
  looked_for_old_ = now;
  const auto numbers = audit_file_numbers(directory_);
  if (!numbers)
    return out;
  uint64_t first = 0;
  for (const auto number : *numbers) {
    if (number == number_)
      break;
    const auto text = read_file(audit_file(directory_, number));
    if (!text)
      break;
    audit_chain chain;
    for_each_audit_line(*text, [&](uint64_t, std::string_view line) { static_cast<void>(chain.take(line)); });
    if (chain.last() == nullptr || now - chain.last()->at < bounds_.keep)
      break;
    first = out.empty() ? chain.first_sequence() : first;
    out.push_back(number);
    told.after = text_of({{"files", out.size()},
                          {"firstSequence", first},
                          {"lastSequence", chain.sequence()},
                          {"lastHash", std::string{chain.hash()}}});
  }
  return out;
}

result<std::vector<audit_record>> audit_writer::begun_only() const {
  const auto numbers = audit_file_numbers(directory_);
  if (!numbers)
    return numbers.err();
  std::map<uint64_t, audit_record> begun;
  std::vector<uint64_t> ended;
  bool started = false;
  for (auto i = numbers->rbegin(); i != numbers->rend() && !started; ++i) {
    const auto text = read_file(audit_file(directory_, *i));
    if (!text)
      return text.err();
    std::vector<audit_record> records;
    for_each_audit_line(*text, [&](uint64_t, std::string_view line) {
      auto r = read_audit_line(line);
      if (!r)
        return;
      if (r->act == audit_act_start) {
        records.clear();
        started = true;
      }
      records.push_back(std::move(*r));
    });
    for (auto& r : records) {
      if (r.intent != 0)
        ended.push_back(r.intent);
      else if (!r.outcome)
        begun.emplace(r.sequence, std::move(r));
    }
  }
  for (const auto n : ended)
    begun.erase(n);
  std::vector<audit_record> out;
  out.reserve(begun.size());
  for (auto& [n, r] : begun)
    out.push_back(std::move(r));
  return out;
}

} // namespace callboard
