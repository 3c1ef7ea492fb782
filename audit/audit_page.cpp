#include "audit/audit_page.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>

#include "audit/audit_directory.hpp"
#include "audit/audit_record.hpp"
#include "files/descriptor.hpp"
#include "files/file_error.hpp"

namespace callboard {

namespace {

namespace fs = std::filesystem;

constexpr uint64_t block_bytes = 64u << 10;

/// Gives the lines of a file from the last one to the first.
class backward_lines {
public:
  backward_lines(fs::path file, descriptor open, uint64_t end)
    : file_(std::move(file)), open_(std::move(open)), at_(end) {
  }

  /// Whether a line ends there; the end of a file without one is none.
  result<bool> is_line_end(uint64_t offset) const {
    char c = 0;
    if (offset > 0 && ::pread(open_.get(), &c, 1, static_cast<off_t>(offset - 1)) < 0)
      return file_error(file_, "read", errno);
    return offset == 0 || c == '\n';
  }
  /// Nothing: that was the first one. What is no whole line at the end is left out.
  result<std::optional<std::string>> next() {
    for (;;) {
      if (const auto end = buffer_.rfind('\n'); end != std::string::npos) {
        const auto before = end == 0 ? std::string::npos : buffer_.rfind('\n', end - 1);
        if (before != std::string::npos || at_ == 0) {
          const auto begin = before == std::string::npos ? 0 : before + 1;
          auto line = buffer_.substr(begin, end - begin);
          buffer_.resize(begin);
          return std::optional{std::move(line)};
        }
      } else if (at_ == 0) {
        return std::optional<std::string>{};
      }
      if (auto ok = fill(); !ok)
        return ok.err();
    }
  }
  /// Where the line that came last begins.
  uint64_t offset() const {
    return at_ + buffer_.size();
  }
  uint64_t bytes_read() const {
    return read_;
  }

private:
  result<done> fill() {
    const auto size = std::min(at_, block_bytes);
    std::string block(size, '\0');
    for (uint64_t have = 0; have < size;) {
      const auto n = ::pread(open_.get(), block.data() + have, size - have, static_cast<off_t>(at_ - size + have));
      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return file_error(file_, "read", n < 0 ? errno : EIO);
      have += static_cast<uint64_t>(n);
    }
    at_ -= size;
    read_ += size;
    buffer_.insert(0, block);
    return done{};
  }

  fs::path file_;
  descriptor open_;
  uint64_t at_; ///< where the buffer begins in the file
  uint64_t read_ = 0;
  std::string buffer_;
};

/// Nothing: it was removed meanwhile.
result<std::optional<backward_lines>> open_lines(const fs::path& file, std::optional<uint64_t> from) {
  descriptor open{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)};
  if (!open && errno == ENOENT)
    return std::optional<backward_lines>{};
  struct stat of {};
  if (!open || ::fstat(open.get(), &of) != 0)
    return file_error(file, "read", errno);
  const auto size = static_cast<uint64_t>(of.st_size);
  const error no_place{ec::invalid_value, "cursor must be the `next` of a former page", "cursor"};
  if (from && *from > size)
    return no_place;
  backward_lines lines{file, std::move(open), from.value_or(size)};
  if (from) {
    const auto good = lines.is_line_end(*from);
    if (!good)
      return good.err();
    if (!*good)
      return no_place;
  }
  return std::optional{std::move(lines)};
}

std::string_view host_of(std::string_view address) {
  return address.substr(0, address.rfind(':'));
}

} // namespace

std::string to_string(audit_position p) {
  return std::to_string(p.file) + "-" + std::to_string(p.offset);
}

std::optional<audit_position> parse_audit_position(std::string_view text) {
  audit_position p;
  const auto* end = text.data() + text.size();
  const auto [dash, bad] = std::from_chars(text.data(), end, p.file);
  if (bad != std::errc{} || dash == end || *dash != '-')
    return std::nullopt;
  const auto [at, worse] = std::from_chars(dash + 1, end, p.offset);
  if (worse != std::errc{} || at != end)
    return std::nullopt;
  return p;
}

bool admits(const audit_query& q, const audit_record& r) {
  if (!r.outcome || (q.to && r.at > *q.to) || (q.from && r.at < *q.from))
    return false;
  if (!q.act.empty() && r.act != q.act && !r.act.starts_with(q.act + "."))
    return false;
  if (!q.target.empty() && r.target != q.target)
    return false;
  const auto& a = r.actor;
  return q.actor.empty() || a.claimed_by == q.actor || a.address == q.actor || host_of(a.address) == q.actor;
}

result<audit_page> read_audit_page(const fs::path& directory, const audit_query& q) {
  auto numbers = audit_file_numbers(directory);
  if (!numbers)
    return std::move(numbers).err();
  audit_page page;
  uint64_t bytes = 0;
  for (auto i = numbers->rbegin(); i != numbers->rend(); ++i) {
    if (q.below && *i > q.below->file)
      continue;
    const bool begins_here = q.below && *i == q.below->file;
    auto lines = open_lines(audit_file(directory, *i), begins_here ? std::optional{q.below->offset} : std::nullopt);
    if (!lines)
      return std::move(lines).err();
    if (!*lines)
      continue;
    uint64_t taken = 0;
    for (;;) {
      auto line = (*lines)->next();
      if (!line)
        return std::move(line).err();
      if (!*line)
        break;
      taken += (*line)->size() + 1;
      const auto r = read_audit_line(**line);
      if (!r) {
        ++page.damaged;
      } else if (q.from && r->at < *q.from) {
        return page;
      } else if (admits(q, *r)) {
        page.lines.push_back(std::move(**line));
      }
      if (page.lines.size() >= q.limit || bytes + taken >= q.bytes_max) {
        page.next = audit_position{*i, (*lines)->offset()};
        return page;
      }
    }
    bytes += taken;
  }
  return page;
}

} // namespace callboard
