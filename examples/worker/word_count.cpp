#include "word_count.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace sdk = callboard::sdk;
using nlohmann::json;

namespace {

/// What was counted so far; fed piece by piece.
class counter {
public:
  void add(const char* data, std::size_t n) {
    bytes += n;
    for (std::size_t i = 0; i < n; ++i) {
      const auto c = static_cast<unsigned char>(data[i]);
      lines += c == '\n';
      // Everything beyond ASCII counts as a letter: a character of several bytes stays in one word.
      if (std::isalnum(c) || c >= 0x80 || c == '\'')
        word_ += static_cast<char>(std::tolower(c));
      else
        end_word();
    }
  }

  void end_word() {
    if (word_.empty())
      return;
    ++words;
    ++times[word_];
    word_.clear();
  }

  json most_frequent(std::size_t n) const {
    std::vector<std::pair<std::string, std::size_t>> all{times.begin(), times.end()};
    n = std::min(n, all.size());
    std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(n), all.end(),
                      [](auto& a, auto& b) { return a.second != b.second ? a.second > b.second : a.first < b.first; });
    auto top = json::array();
    for (std::size_t i = 0; i < n; ++i)
      top.push_back({{"word", all[i].first}, {"times", all[i].second}});
    return top;
  }

  std::size_t lines = 0, words = 0, bytes = 0;
  std::unordered_map<std::string, std::size_t> times;

private:
  std::string word_;
};

struct file_closer {
  void operator()(std::FILE* f) const {
    std::fclose(f);
  }
};

} // namespace

sdk::outcome word_count(sdk::job& j) {
  const auto payload = json::parse(j.payload());
  const auto path = payload["file"].get<std::string>();
  const std::unique_ptr<std::FILE, file_closer> file{std::fopen(path.c_str(), "rb")};
  if (!file)
    return sdk::permanent_failure("NO_SUCH_FILE", path + ": " + std::strerror(errno));
  std::fseek(file.get(), 0, SEEK_END);
  const auto size = static_cast<double>(std::max(1l, std::ftell(file.get())));
  std::rewind(file.get());

  counter count;
  std::vector<char> block(1u << 20);
  while (const auto n = std::fread(block.data(), 1, block.size(), file.get())) {
    if (j.stop_requested())
      return sdk::stopped();
    count.add(block.data(), n);
    j.progress(static_cast<int>(100 * static_cast<double>(count.bytes) / size), "counting");
  }
  if (std::ferror(file.get()))
    return sdk::failure("READ_FAILED", path + ": " + std::strerror(errno));
  count.end_word();
  return sdk::success(json{{"lines", count.lines},
                           {"words", count.words},
                           {"bytes", count.bytes},
                           {"top", count.most_frequent(payload.value("top", std::size_t{3}))}}
                        .dump(-1, ' ', false, json::error_handler_t::replace));
}
