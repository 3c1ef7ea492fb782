#include "config/setting_text.hpp"

#include "config/host_port.hpp"
#include "config/units.hpp"

#include <algorithm>
#include <charconv>
#include <type_traits>

namespace callboard {

namespace {

/// Bytes of a value that a message repeats.
constexpr size_t shown_bytes_max = 80;

template <class... F>
struct overloaded : F... {
  using F::operator()...;
};
// clang 14, which reads this for its checks, does not deduce an aggregate's arguments yet.
template <class... F>
overloaded(F...) -> overloaded<F...>;

std::string comma_separated(const std::vector<std::string>& items, bool with_quotes) {
  std::string text;
  for (const auto& i : items)
    text += (text.empty() ? "" : with_quotes ? ", " : ",") + (with_quotes ? quoted(i) : i);
  return text;
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const auto comma = text.find(',');
    auto item = text.substr(0, comma);
    while (item.starts_with(' '))
      item.remove_prefix(1);
    while (item.ends_with(' '))
      item.remove_suffix(1);
    items.emplace_back(item);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return items;
}

std::string real_text(double v) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, v).ptr};
}

std::string shown(const given_value& v) {
  return std::visit(overloaded{
                      [](bool b) -> std::string { return b ? "true" : "false"; },
                      [](int64_t n) { return std::to_string(n); },
                      [](double d) { return real_text(d); },
                      [](const std::string& s) { return quoted(s.substr(0, shown_bytes_max)); },
                      [](const std::vector<std::string>&) -> std::string { return "an array"; },
                      [](const plain_text& p) { return quoted(p.text.substr(0, shown_bytes_max)); },
                    },
                    v);
}

/// Any text: quoted in a file, or from a place that has only texts.
const std::string* as_text(const given_value& v) {
  if (const auto* s = std::get_if<std::string>(&v))
    return s;
  if (const auto* p = std::get_if<plain_text>(&v))
    return &p->text;
  return nullptr;
}

std::optional<uint64_t> as_count(const given_value& v) {
  if (const auto* n = std::get_if<int64_t>(&v); n != nullptr && *n >= 0)
    return static_cast<uint64_t>(*n);
  if (const auto* p = std::get_if<plain_text>(&v)) {
    uint64_t n = 0;
    const auto* last = p->text.data() + p->text.size();
    if (const auto [end, code] = std::from_chars(p->text.data(), last, n);
        code == std::errc{} && end == last && !p->text.empty())
      return n;
  }
  return std::nullopt;
}

std::optional<bool> as_flag(const given_value& v) {
  if (const auto* b = std::get_if<bool>(&v))
    return *b;
  if (const auto* p = std::get_if<plain_text>(&v)) {
    if (p->text == "true")
      return true;
    if (p->text == "false")
      return false;
  }
  return std::nullopt;
}

std::optional<uint64_t> as_bytes(const given_value& v) {
  if (const auto* s = as_text(v))
    return parse_bytes(*s);
  return as_count(v);
}

std::optional<uint64_t> as_time(const given_value& v) {
  std::optional<duration> d;
  if (const auto* s = as_text(v))
    d = parse_duration(*s);
  else if (const auto* n = std::get_if<int64_t>(&v))
    d = duration_of_seconds(static_cast<double>(*n));
  else if (const auto* r = std::get_if<double>(&v))
    d = duration_of_seconds(*r);
  if (!d)
    return std::nullopt;
  return static_cast<uint64_t>(d->count());
}

std::optional<std::vector<std::string>> as_list(const given_value& v) {
  if (const auto* l = std::get_if<std::vector<std::string>>(&v))
    return *l;
  if (const auto* p = std::get_if<plain_text>(&v))
    return split_list(p->text);
  return std::nullopt;
}

bool within(const setting_row& row, uint64_t n) {
  return n >= row.min && n <= row.max;
}

bool is_url(std::string_view text) {
  if (text.empty())
    return true;
  std::string_view rest = text;
  if (rest.starts_with("https://"))
    rest.remove_prefix(8);
  else if (rest.starts_with("http://"))
    rest.remove_prefix(7);
  else
    return false;
  return parse_host_port(rest) || parse_host_port(std::string{rest} + ":0");
}

bool is_good_text(const setting_row& row, const std::string& text) {
  // A terminator inside would cut the value short in every library that takes it.
  if (text.find('\0') != std::string::npos)
    return false;
  switch (row.form) {
  case setting_form::choice:
    return std::find(row.choices.begin(), row.choices.end(), text) != row.choices.end();
  case setting_form::address:
    return parse_host_port(text).has_value();
  case setting_form::url:
    return is_url(text);
  default:
    return text.size() >= row.min;
  }
}

bool is_good_list(const std::vector<std::string>& items) {
  // Commas separate the items on the command line of a local worker.
  return std::all_of(items.begin(), items.end(), [](const std::string& i) {
    return !i.empty() && i.find(',') == std::string::npos && i.find('\0') == std::string::npos;
  });
}

bool store_value(const setting_row& row, settings& s, const given_value& v) {
  return std::visit(overloaded{
                      [&](setting_ref<bool> ref) {
                        const auto b = as_flag(v);
                        if (b)
                          ref(s) = *b;
                        return b.has_value();
                      },
                      [&](setting_ref<std::string> ref) {
                        const auto* text = as_text(v);
                        if (text == nullptr || !is_good_text(row, *text))
                          return false;
                        ref(s) = *text;
                        return true;
                      },
                      [&](setting_ref<std::vector<std::string>> ref) {
                        auto items = as_list(v);
                        if (!items || !is_good_list(*items))
                          return false;
                        ref(s) = std::move(*items);
                        return true;
                      },
                      [&](setting_ref<duration> ref) {
                        const auto t = as_time(v);
                        if (!t || !within(row, *t))
                          return false;
                        ref(s) = duration{static_cast<int64_t>(*t)};
                        return true;
                      },
                      [&]<class N>(setting_ref<N> ref) {
                        const auto n = row.form == setting_form::bytes ? as_bytes(v) : as_count(v);
                        if (!n || !within(row, *n))
                          return false;
                        ref(s) = static_cast<N>(*n); // the table's bounds fit the member: a test checks that
                        return true;
                      },
                    },
                    row.access);
}

/// The value of a row. Access functions need a tree that may be changed; here nobody changes it.
template <class T>
const T& read(setting_ref<T> ref, const settings& s) {
  return ref(const_cast<settings&>(s));
}

} // namespace

std::optional<std::string> assign(const setting_row& row, settings& s, const given_value& v) {
  if (store_value(row, s, v))
    return std::nullopt;
  return "must be " + allowed_text(row) + (row.secret ? ", which the given value is not" : ", not " + shown(v));
}

std::string value_text(const setting_row& row, const settings& s) {
  return std::visit(overloaded{
                      [&](setting_ref<bool> ref) -> std::string { return read(ref, s) ? "true" : "false"; },
                      [&](setting_ref<std::string> ref) { return read(ref, s); },
                      [&](setting_ref<std::vector<std::string>> ref) { return comma_separated(read(ref, s), false); },
                      [&](setting_ref<duration> ref) { return format_duration(read(ref, s)); },
                      [&]<class N>(setting_ref<N> ref) {
                        return row.form == setting_form::bytes ? format_bytes(read(ref, s))
                                                               : std::to_string(read(ref, s));
                      },
                    },
                    row.access);
}

const std::vector<std::string>* value_items(const setting_row& row, const settings& s) {
  const auto* ref = std::get_if<setting_ref<std::vector<std::string>>>(&row.access);
  return ref == nullptr ? nullptr : &read(*ref, s);
}

std::string value_toml(const setting_row& row, const settings& s) {
  if (const auto* items = value_items(row, s))
    return "[" + comma_separated(*items, true) + "]";
  auto text = value_text(row, s);
  switch (row.form) {
  case setting_form::flag:
  case setting_form::count:
    return text;
  case setting_form::bytes:
    // A number without a unit needs no quotes.
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }) ? text : quoted(text);
  default:
    return quoted(text);
  }
}

bool is_hidden(const setting_row& row, const settings& s) {
  return row.secret && !value_text(row, s).empty();
}

std::string allowed_text(const setting_row& row) {
  switch (row.form) {
  case setting_form::flag:
    return "true or false";
  case setting_form::count:
    return "a whole number from " + std::to_string(row.min) + " to " + std::to_string(row.max) + " (" +
           std::string{row.unit} + ")";
  case setting_form::bytes:
    return "a size from " + format_bytes(row.min) + " to " + format_bytes(row.max) +
           " (such as \"64MiB\", or a number of bytes)";
  case setting_form::time:
    return "a time from " + format_duration(duration{static_cast<int64_t>(row.min)}) + " to " +
           format_duration(duration{static_cast<int64_t>(row.max)}) + " (such as \"15s\", or a number of seconds)";
  case setting_form::choice: {
    std::string text = "one of ";
    for (const auto c : row.choices)
      text += (c == row.choices.front() ? "" : ", ") + std::string{c};
    return text;
  }
  case setting_form::list:
    return "a list of texts that are not empty and have no comma";
  case setting_form::address:
    return "an address as HOST:PORT";
  case setting_form::url:
    return "an address as https://HOST or https://HOST:PORT (http:// too), or empty";
  case setting_form::text:
    break;
  }
  return row.min > 0 ? "a text that is not empty" : "a text";
}

std::string quoted(std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\u00";
      out += hex[byte >> 4];
      out += hex[byte & 15];
    } else {
      out += c;
    }
  }
  return out + '"';
}

} // namespace callboard
