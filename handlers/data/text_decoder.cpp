#include "handlers/data/text_decoder.hpp"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <utility>

namespace callboard {

namespace {

struct known_encoding {
  std::string_view name;
  const char* iconv_name; ///< null: it is UTF-8 already, or the mark chooses
  std::string_view mark;
};

// Those that the smallest installation of the C library has.
constexpr std::array encodings{
  known_encoding{"utf-8", nullptr, "\xEF\xBB\xBF"},   known_encoding{"utf-16", nullptr, {}},
  known_encoding{"utf-16le", "UTF-16LE", "\xFF\xFE"}, known_encoding{"utf-16be", "UTF-16BE", "\xFE\xFF"},
  known_encoding{"windows-1252", "CP1252", {}},       known_encoding{"iso-8859-1", "ISO-8859-1", {}},
  known_encoding{"iso-8859-15", "ISO-8859-15", {}},
};
/// Bytes of the longest mark.
constexpr size_t mark_bytes_max = 3;
constexpr size_t out_bytes = 64u << 10;

const known_encoding& known(std::string_view name) {
  const auto* found = std::find_if(encodings.begin(), encodings.end(), [&](const auto& e) { return e.name == name; });
  if (found == encodings.end())
    throw std::runtime_error("there is no encoding " + std::string{name});
  return *found;
}

std::string_view encoding_of_mark(std::string_view start) {
  for (const auto& e : encodings)
    if (!e.mark.empty() && start.starts_with(e.mark))
      return e.name;
  return {};
}

iconv_t no_converter() {
  return reinterpret_cast<iconv_t>(-1);
}

} // namespace

const std::vector<std::string_view>& text_encodings() {
  static const auto names = [] {
    std::vector<std::string_view> out;
    for (const auto& e : encodings)
      out.push_back(e.name);
    return out;
  }();
  return names;
}

text_decoder::text_decoder(std::string encoding, text_sink sink)
  : encoding_(std::move(encoding)), sink_(std::move(sink)) {
}

text_decoder::~text_decoder() {
  if (converter_)
    ::iconv_close(converter_);
}

void text_decoder::begin() {
  begun_ = true;
  const auto marked = encoding_of_mark(pending_);
  if (encoding_.empty())
    encoding_ = marked.empty() ? "utf-8" : marked;
  else if (encoding_ == "utf-16")
    encoding_ = marked.starts_with("utf-16") ? marked : "utf-16le";
  const auto& e = known(encoding_);
  if (e.iconv_name) {
    auto* converter = ::iconv_open("UTF-8", e.iconv_name);
    if (converter == no_converter())
      throw std::runtime_error("the C library of this machine has no converter for " + encoding_);
    converter_ = converter;
    out_.resize(out_bytes);
  }
  const auto start = std::exchange(pending_, {});
  convert(std::string_view{start}.substr(marked == e.name ? e.mark.size() : 0));
}

void text_decoder::add(std::string_view bytes) {
  if (!begun_) {
    const auto n = std::min(mark_bytes_max - pending_.size(), bytes.size());
    pending_ += bytes.substr(0, n);
    bytes.remove_prefix(n);
    if (pending_.size() < mark_bytes_max)
      return;
    begin();
  }
  convert(bytes);
}

void text_decoder::finish() {
  if (!begun_)
    begin();
  if (!pending_.empty())
    refuse();
}

void text_decoder::convert(std::string_view bytes) {
  if (!converter_) {
    if (!bytes.empty())
      sink_(bytes);
    return;
  }
  std::string joined;
  if (!pending_.empty()) {
    joined = std::exchange(pending_, {}).append(bytes);
    bytes = joined;
  }
  // iconv does not write to its input, whatever its type says.
  auto* from = const_cast<char*>(bytes.data());
  size_t left = bytes.size();
  while (left > 0) {
    auto* to = out_.data();
    size_t room = out_.size();
    const bool failed = ::iconv(converter_, &from, &left, &to, &room) == static_cast<size_t>(-1);
    const int why = failed ? errno : 0;
    put({out_.data(), out_.size() - room});
    if (why == EINVAL) {
      pending_.assign(from, left);
      return;
    }
    if (failed && why != E2BIG)
      refuse();
  }
}

void text_decoder::put(std::string_view utf8) {
  if (utf8.empty())
    return;
  line_ += static_cast<uint64_t>(std::count(utf8.begin(), utf8.end(), '\n'));
  sink_(utf8);
}

void text_decoder::refuse() const {
  throw encoding_fault{line_, "line " + std::to_string(line_) + ": not " + encoding_};
}

} // namespace callboard
