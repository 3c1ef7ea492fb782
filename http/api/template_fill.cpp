#include "http/api/template_fill.hpp"

#include "core/base/json_part.hpp"
#include "core/job/result_reference.hpp"
#include "http/json/fields.hpp"
#include "http/json/json_document.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace callboard {

namespace {

using nlohmann::json;

constexpr std::string_view mark = "${param.", literal_mark = "$${", brace = "${";

/// A piece of a string: text, or a parameter.
struct piece {
  std::string text;
  std::vector<std::string> parameter; ///< its name, then the path; empty: this is text
};

std::vector<std::string> split(std::string_view dotted) {
  std::vector<std::string> parts;
  for (;;) {
    const auto end = std::min(dotted.find('.'), dotted.size());
    parts.emplace_back(dotted.substr(0, end));
    if (end == dotted.size())
      return parts;
    dotted.remove_prefix(end + 1);
  }
}

/// Error: invalid_value, without a field.
result<std::vector<piece>> pieces_of(std::string_view text) {
  std::vector<piece> out;
  const auto add_text = [&out](std::string_view more) {
    if (more.empty())
      return;
    if (out.empty() || !out.back().parameter.empty())
      out.emplace_back();
    out.back().text += more;
  };
  for (auto at = text.find('$'); !text.empty(); at = text.find('$')) {
    if (at == std::string_view::npos) {
      add_text(text);
      break;
    }
    add_text(text.substr(0, at));
    text.remove_prefix(at);
    if (text.starts_with(literal_mark)) {
      add_text(brace);
      text.remove_prefix(literal_mark.size());
      continue;
    }
    if (!text.starts_with(mark)) {
      add_text(text.substr(0, 1));
      text.remove_prefix(1);
      continue;
    }
    const auto end = text.find('}');
    auto parts = split(text.substr(mark.size(), end == std::string_view::npos ? end : end - mark.size()));
    if (end == std::string_view::npos || std::any_of(parts.begin(), parts.end(), [](auto& p) { return p.empty(); }))
      return error{ec::invalid_value, "has " + shown(text.substr(0, std::min(end, text.size() - 1) + 1)) +
                                        "; a parameter is written ${param.NAME} or ${param.NAME.member}, and $${ is a "
                                        "literal ${"};
    out.push_back({{}, std::move(parts)});
    text.remove_prefix(end + 1);
  }
  return out;
}

std::string dotted(const std::vector<std::string>& parts) {
  std::string out = "parameters";
  for (const auto& p : parts)
    out += "." + p;
  return out;
}

/// Calls `each(string, path)` for all strings in `v`; ends at the first error.
template <class Value, class Each>
std::optional<error> for_each_string(Value& v, const std::string& path, Each& each) {
  if (v.is_string())
    return each(v, path);
  if (v.is_object())
    for (auto i = v.begin(); i != v.end(); ++i)
      if (auto e = for_each_string(i.value(), path.empty() ? i.key() : path + "." + i.key(), each))
        return e;
  if (v.is_array())
    for (size_t i = 0; i < v.size(); ++i)
      if (auto e = for_each_string(v[i], path + "[" + std::to_string(i) + "]", each))
        return e;
  return std::nullopt;
}

class filler {
public:
  filler(const json& parameters, const fill_rules& rules, uint64_t bytes)
    : parameters_(parameters), rules_(rules), bytes_(bytes) {
  }

  std::optional<error> operator()(json& v, const std::string&) {
    const auto& text = v.get_ref<const std::string&>();
    if (text.find(brace) == std::string::npos)
      return std::nullopt;
    auto pieces = pieces_of(text);
    if (!pieces)
      return std::move(pieces).err();
    if (pieces->size() == 1 && !pieces->front().parameter.empty())
      return take_value(v, pieces->front().parameter);
    return take_text(v, *pieces);
  }

private:
  /// A value that goes in, with its length as JSON.
  struct known_value {
    const json* value = nullptr;
    std::string text; ///< as it stands within a longer string
    size_t bytes = 0;
    bool has_result = false;
  };

  result<const known_value*> look_up(const std::vector<std::string>& parameter) {
    const auto [found, fresh] = known_.try_emplace(parameter);
    auto& k = found->second;
    if (fresh) {
      k.value = &parameters_;
      for (const auto& name : parameter)
        if (k.value != nullptr)
          k.value = json_part(*k.value, name);
      if (k.value != nullptr) {
        const auto as_json = compact_text(*k.value);
        k.bytes = as_json.size();
        k.has_result = as_json.find(result_mark) != std::string::npos;
        k.text = k.value->is_string() ? k.value->get<std::string>() : as_json;
      }
    }
    const auto field = dotted(parameter);
    if (k.value == nullptr)
      return error{ec::missing_field, field + " is required: the template stands for it", field};
    if (rules_.guard_results && k.has_result)
      return brings_result(field);
    bytes_ += k.bytes;
    if (bytes_ > rules_.bytes_max)
      return error{ec::body_too_large,
                   "with " + field + " the definition is longer than " + std::to_string(rules_.bytes_max) +
                     " bytes (http.body_bytes_max)",
                   field};
    return &k;
  }
  static error brings_result(const std::string& field) {
    return {ec::invalid_value,
            field + " must not have ${jobs. in it: in a workflow that stands for the result of a job, which only the "
                    "template may name",
            field};
  }

  std::optional<error> take_value(json& v, const std::vector<std::string>& parameter) {
    const auto k = look_up(parameter);
    if (!k)
      return k.err();
    v = *(*k)->value;
    return std::nullopt;
  }

  std::optional<error> take_text(json& v, const std::vector<piece>& pieces) {
    std::string out;
    std::vector<std::pair<size_t, size_t>> from_values;
    const piece* last = nullptr;
    for (const auto& p : pieces) {
      if (p.parameter.empty()) {
        out += p.text;
        continue;
      }
      const auto k = look_up(p.parameter);
      if (!k)
        return k.err();
      from_values.emplace_back(out.size(), out.size() + (*k)->text.size());
      out += (*k)->text;
      last = &p;
    }
    // A value may be the rest of what the template begins with, or the reverse.
    if (rules_.guard_results && last != nullptr)
      for (auto at = out.find(result_mark); at != std::string::npos; at = out.find(result_mark, at + 1))
        if (std::any_of(from_values.begin(), from_values.end(),
                        [at](const auto& r) { return r.first < at + result_mark.size() && at < r.second; }))
          return brings_result(dotted(last->parameter));
    v = std::move(out);
    return std::nullopt;
  }

  const json& parameters_;
  const fill_rules& rules_;
  uint64_t bytes_;
  std::map<std::vector<std::string>, known_value> known_;
};

} // namespace

result<std::vector<parameter_use>> find_parameters(const json& v, const std::string& path) {
  std::vector<parameter_use> out;
  const auto look = [&out](const json& text, const std::string& at) -> std::optional<error> {
    auto pieces = pieces_of(text.get_ref<const std::string&>());
    if (!pieces)
      return error{pieces.err().code, at + " " + pieces.err().message, at};
    for (auto& p : *pieces)
      if (!p.parameter.empty())
        out.push_back({p.parameter.front(), {p.parameter.begin() + 1, p.parameter.end()}, at});
    return std::nullopt;
  };
  if (auto e = for_each_string(v, path, look))
    return std::move(*e);
  return out;
}

bool has_parameters(const json& v) {
  const auto found = find_parameters(v, "");
  return !found || !found->empty();
}

bool is_placeholder(std::string_view text) {
  const auto pieces = pieces_of(text);
  return pieces && pieces->size() == 1 && !pieces->front().parameter.empty();
}

result<json> fill_in_parameters(json v, const json& parameters, const fill_rules& rules) {
  filler fill{parameters, rules, compact_text(v).size()};
  if (auto e = for_each_string(v, "", fill))
    return std::move(*e);
  return v;
}

} // namespace callboard
