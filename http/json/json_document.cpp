#include "http/json/json_document.hpp"

#include "http/json/json_source.hpp"
#include "http/json/json_tree.hpp"
#include "http/limits.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

namespace callboard {

namespace {

using nlohmann::json;

class document_reader final : public json_events {
public:
  bool scalar(const json_scalar& v, const char*) override {
    count();
    tree.scalar(v);
    return true;
  }
  bool open(bool array, const char*) override {
    count();
    tree.open(array);
    levels_.push_back({array, 0, {}});
    return true;
  }
  bool close(const char*) override {
    tree.close();
    levels_.pop_back();
    return true;
  }
  bool key(std::string& name, const char*) override {
    levels_.back().name = name.substr(0, http_limits::shown_bytes_max);
    if (tree.has(name)) {
      const auto at = path();
      twice = error{ec::invalid_value, at + " is given twice", at};
      return false;
    }
    tree.key(name);
    return true;
  }

  json_tree tree;
  std::optional<error> twice;

private:
  struct level {
    bool array;
    size_t values; ///< so far
    std::string name;
  };
  void count() {
    if (!levels_.empty())
      ++levels_.back().values;
  }
  std::string path() const {
    std::string out;
    for (const auto& l : levels_)
      if (l.array)
        out += "[" + std::to_string(l.values - 1) + "]";
      else
        out += (out.empty() ? "" : ".") + l.name;
    return out;
  }

  std::vector<level> levels_;
};

} // namespace

result<json> read_document(std::string_view text, uint32_t depth_max) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos)
    return error{ec::malformed_json, "the body is empty; a JSON object is expected"};
  document_reader reader;
  if (auto e = parse_json(text, reader, depth_max))
    return std::move(*e);
  if (reader.twice)
    return std::move(*reader.twice);
  return reader.tree.root();
}

const json* value_at(const json& root, std::string_view path) {
  const auto* v = &root;
  while (v != nullptr && !path.empty()) {
    if (path.front() == '[') {
      size_t i = 0;
      const auto [end, bad] = std::from_chars(path.data() + 1, path.data() + path.size(), i);
      if (bad != std::errc{} || end == path.data() + path.size() || *end != ']' || !v->is_array() || i >= v->size())
        return nullptr;
      v = &(*v)[i];
      path.remove_prefix(static_cast<size_t>(end - path.data()) + 1);
    } else {
      const auto name = path.substr(0, path.find_first_of(".["));
      const auto found = v->is_object() ? v->find(std::string{name}) : v->end();
      if (!v->is_object() || found == v->end())
        return nullptr;
      v = &*found;
      path.remove_prefix(name.size());
    }
    if (!path.empty() && path.front() == '.')
      path.remove_prefix(1);
  }
  return v;
}

std::string compact_text(const json& v) {
  return v.dump(-1, ' ', false, json::error_handler_t::replace);
}

} // namespace callboard
