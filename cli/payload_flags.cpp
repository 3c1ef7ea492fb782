#include "cli/payload_flags.hpp"

#include "cli/exit_code.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <optional>

#include "job_types/payload_validator.hpp"

namespace callboard {

namespace {

using nlohmann::json;

/// The field that takes what stands behind `--`.
constexpr std::string_view words_field = "argv";

/// What the parser takes for any number of words.
constexpr int words_max = CLI::detail::expected_max_vector_size;

/// okExitCodes as ok-exit-codes.
std::string dashed(const std::string& field) {
  std::string out;
  for (const char c : field)
    if (c >= 'A' && c <= 'Z')
      (out += '-') += static_cast<char>(c - 'A' + 'a');
    else
      out += c;
  return out;
}

bool has_type(const json& schema, std::string_view type) {
  const auto t = schema.find("type");
  if (t == schema.end())
    return false;
  return t->is_array() ? std::find(t->begin(), t->end(), type) != t->end() : *t == type;
}

template <class Number>
json number_of(const std::string& flag, const std::string& text, const char* allowed) {
  Number n{};
  const auto* end = text.data() + text.size();
  if (const auto read = std::from_chars(text.data(), end, n); read.ec != std::errc{} || read.ptr != end)
    throw command_failure{exit_usage, flag + " is \"" + text + "\"; allowed is " + allowed};
  return n;
}

json integer_of(const std::string& flag, const std::string& text) {
  return number_of<int64_t>(flag, text, "a whole number");
}

json pairs_of(const std::string& flag, const std::vector<std::string>& words) {
  auto out = json::object();
  for (const auto& word : words) {
    const auto equals = word.find('=');
    if (equals == std::string::npos || equals == 0)
      throw command_failure{exit_usage, flag + " is \"" + word + "\"; allowed is NAME=VALUE"};
    out[word.substr(0, equals)] = word.substr(equals + 1);
  }
  return out;
}

/// `{GET,POST}`, as checks of the parser show themselves.
std::string word_set(const json& choices) {
  std::string out;
  for (const auto& c : choices)
    out += (out.empty() ? "{" : ",") + (c.is_string() ? c.get<std::string>() : c.dump());
  return out + "}";
}

} // namespace

const payload_flags::kind* payload_flags::kind_of(const json& schema) {
  static constexpr kind text = kind::text, integer = kind::integer, number = kind::number, truth = kind::truth,
                        texts = kind::texts, text_or_texts = kind::text_or_texts, integers = kind::integers,
                        pairs = kind::pairs, any = kind::any;
  const auto items = schema.value("items", json::object());
  if (schema.contains("enum"))
    return &text;
  if (!schema.contains("type"))
    return &any;
  if (has_type(schema, "array") && has_type(items, "string"))
    return has_type(schema, "string") ? &text_or_texts : &texts;
  if (has_type(schema, "array"))
    return has_type(items, "integer") ? &integers : nullptr;
  if (has_type(schema, "object")) {
    const auto others = schema.find("additionalProperties");
    return others != schema.end() && others->is_object() && has_type(*others, "string") && !has_type(*others, "null")
             ? &pairs
             : nullptr;
  }
  return has_type(schema, "string")    ? &text
         : has_type(schema, "integer") ? &integer
         : has_type(schema, "number")  ? &number
         : has_type(schema, "boolean") ? &truth
                                       : nullptr;
}

payload_flags::payload_flags(CLI::App& cmd, const builtin_type& type) : type_(type) {
  const auto schema = json::parse(type.schema);
  const auto& properties = schema.at("properties");
  const auto required = schema.value("required", json::array());
  std::string others;
  for (const auto& [field, property] : properties.items()) {
    const auto* form = kind_of(property);
    if (!form) {
      others += (others.empty() ? "" : ", ") + field;
      continue;
    }
    auto name = dashed(field);
    if (cmd.get_parent()->get_option_no_throw("--" + name))
      name = "payload-" + name;
    auto help = property.value("description", std::string{});
    std::string allowed;
    if (const auto choices = property.find("enum"); choices != property.end())
      allowed = word_set(*choices);
    if (std::find(required.begin(), required.end(), field) != required.end())
      help = "Needed. " + help;
    CLI::Option* option = nullptr;
    // Values are read from the option when all arguments are there.
    const auto unused = [](const CLI::results_t&) { return true; };
    switch (*form) {
    case kind::truth:
      // A string given here that is not const would be taken as the variable to write to.
      option = cmd.add_flag("--" + name)->description(help);
      break;
    case kind::texts:
    case kind::text_or_texts:
    case kind::integers:
    case kind::pairs:
      option = cmd.add_option("--" + name, unused, help + " (several: repeat)")
                 ->expected(1, words_max)
                 ->allow_extra_args(false);
      break;
    case kind::text:
    case kind::integer:
    case kind::number:
    case kind::any:
      option = cmd.add_option("--" + name, unused, help);
      break;
    }
    option->type_name(!allowed.empty()                                    ? allowed
                      : *form == kind::pairs                              ? "NAME=VALUE"
                      : *form == kind::integer || *form == kind::integers ? "INT"
                      : *form == kind::number                             ? "NUMBER"
                      : *form == kind::truth                              ? ""
                      : *form == kind::any                                ? "JSON|TEXT"
                                                                          : "TEXT");
    flags_.push_back({field, "--" + name, *form, option});
  }
  cmd.footer("Takes the flags of `callboard submit --help`, too" +
             (others.empty() ? std::string{} : "; in --payload only: " + others) + '.');
}

std::vector<std::string> payload_flags::words_of(const flag& f) const {
  return f.field == words_field && !words_.empty() ? words_ : f.option->results();
}

void payload_flags::set_words(const std::vector<std::string>& words) {
  const auto taker = std::find_if(flags_.begin(), flags_.end(), [](const flag& f) { return f.field == words_field; });
  const std::string name{type_.name};
  if (taker == flags_.end())
    throw command_failure{exit_usage, "words behind -- are for a type with an " + std::string{words_field} +
                                        ", such as exec; " + name + " has none"};
  if (words.empty())
    throw command_failure{exit_usage, "-- must be followed by the " + std::string{words_field} + " of " + name};
  if (taker->option->count() > 0)
    throw command_failure{exit_usage, taker->name + " and words behind -- are the same; allowed is one of them"};
  words_ = words;
}

bool payload_flags::are_given() const {
  return std::any_of(flags_.begin(), flags_.end(), [this](const flag& f) { return !words_of(f).empty(); });
}

json payload_flags::value_of(const flag& f) const {
  const auto words = words_of(f);
  switch (f.form) {
  case kind::integer:
    return integer_of(f.name, words.back());
  case kind::number:
    return number_of<double>(f.name, words.back(), "a number");
  case kind::truth:
    if (words.back() != "true" && words.back() != "false")
      throw command_failure{exit_usage, f.name + " is \"" + words.back() + "\"; allowed is true or false"};
    return words.back() == "true";
  case kind::texts:
    return words;
  case kind::text_or_texts:
    return words.size() == 1 ? json(words.front()) : json(words);
  case kind::integers: {
    auto out = json::array();
    for (const auto& word : words)
      out.push_back(integer_of(f.name, word));
    return out;
  }
  case kind::pairs:
    return pairs_of(f.name, words);
  case kind::any: {
    auto parsed = json::parse(words.back(), nullptr, false);
    return parsed.is_discarded() ? json(words.back()) : parsed;
  }
  case kind::text:
    break;
  }
  return words.back();
}

std::string payload_flags::in_flags(std::string message, const std::string& field) const {
  for (const auto& f : flags_) {
    const auto path = "payload." + f.field;
    const bool is_of_it = field == path || field.starts_with(path + "[") || field.starts_with(path + ".");
    if (!is_of_it || !message.starts_with(path))
      continue;
    message.replace(0, path.size(), f.name);
    return f.field == words_field ? message + "; words behind -- are the " + f.field : message;
  }
  return message;
}

std::string payload_flags::merged_into(const std::string& given) const {
  const auto base = json::parse(given, nullptr, false);
  if (base.is_discarded())
    return given; // told with the byte by who sends it
  if (!base.is_object())
    throw command_failure{exit_usage, "--payload must be a JSON object where flags add to it, not " +
                                        std::string{base.type_name()}};
  auto whole = base;
  std::string added;
  try {
    for (const auto& f : flags_) {
      if (words_of(f).empty())
        continue;
      if (base.contains(f.field))
        throw command_failure{exit_usage, f.name + " and --payload both have " + f.field + "; allowed is one of them"};
      const auto value = value_of(f);
      added += (added.empty() ? "" : ",") + json(f.field).dump() + ":" + value.dump();
      whole[f.field] = value;
    }
  } catch (const json::type_error&) {
    throw command_failure{exit_usage, "a flag holds a text that is not UTF-8"};
  }
  payload_validator validator;
  const std::string name{type_.name};
  if (auto ok = validator.set(name, type_.schema); !ok)
    throw command_failure{exit_usage, ok.err().message};
  if (auto ok = validator.check_value(name, whole); !ok)
    throw command_failure{exit_usage, in_flags(ok.err().message, ok.err().field)};
  auto text = given;
  return text.insert(text.rfind('}'), (base.empty() || added.empty() ? "" : ",") + added);
}

} // namespace callboard
