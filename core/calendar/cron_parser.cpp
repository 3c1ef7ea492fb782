#include "core/calendar/cron.hpp"

#include <array>
#include <cctype>
#include <charconv>
#include <string>

namespace callboard {

namespace {

using namespace std::string_view_literals;

constexpr std::array months = {"JAN"sv, "FEB"sv, "MAR"sv, "APR"sv, "MAY"sv, "JUN"sv,
                               "JUL"sv, "AUG"sv, "SEP"sv, "OCT"sv, "NOV"sv, "DEC"sv};
constexpr std::array weekdays = {"SUN"sv, "MON"sv, "TUE"sv, "WED"sv, "THU"sv, "FRI"sv, "SAT"sv};

/// One of the six fields: its name and what it may hold.
struct field_rules {
  std::string_view name;
  unsigned min, max;
  const std::string_view* names = nullptr;
  size_t names_count = 0;
  unsigned first_name = 0; ///< the value of the first of them
};

constexpr std::array<field_rules, 6> fields = {{{"second", 0, 59},
                                                {"minute", 0, 59},
                                                {"hour", 0, 23},
                                                {"day of month", 1, 31},
                                                {"month", 1, 12, months.data(), months.size(), 1},
                                                {"day of week", 0, 7, weekdays.data(), weekdays.size(), 0}}};
/// Their places in an expression with seconds.
enum field_place : size_t { second_field, minute_field, hour_field, day_field, month_field, weekday_field };

struct nickname {
  std::string_view name, meaning;
};
constexpr std::array nicknames = {nickname{"@YEARLY", "0 0 1 1 *"},  nickname{"@ANNUALLY", "0 0 1 1 *"},
                                  nickname{"@MONTHLY", "0 0 1 * *"}, nickname{"@WEEKLY", "0 0 * * 0"},
                                  nickname{"@DAILY", "0 0 * * *"},   nickname{"@MIDNIGHT", "0 0 * * *"},
                                  nickname{"@HOURLY", "0 * * * *"}};

/// An expression has at most so many characters: crontab(5) has lines of 1,000.
constexpr size_t text_max = 500;

std::string upper(std::string_view s) {
  std::string out{s};
  for (auto& c : out)
    c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

std::vector<std::string_view> split(std::string_view s, std::string_view separators) {
  std::vector<std::string_view> out;
  while (true) {
    const auto at = s.find_first_of(separators);
    out.push_back(s.substr(0, at));
    if (at == std::string_view::npos)
      return out;
    s.remove_prefix(at + 1);
  }
}

} // namespace

/// Fills in an expression, field by field, and keeps the first mistake.
class cron_parser {
public:
  result<cron> parse(std::string_view text) {
    if (text.size() > text_max)
      return error{ec::invalid_value, "a cron expression has at most " + std::to_string(text_max) + " characters",
                   "cron"};
    std::string all = upper(text);
    for (const auto& n : nicknames)
      if (all == n.name)
        all = n.meaning;
    if (!all.empty() && all.front() == '@')
      return error{ec::invalid_value,
                   "\"" + std::string{text} +
                     "\" is not one of @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly",
                   "cron"};
    std::vector<std::string_view> words;
    for (auto w : split(all, " \t"))
      if (!w.empty())
        words.push_back(w);
    if (words.size() != 5 && words.size() != 6)
      return error{
        ec::invalid_value,
        "a cron expression has five fields (minute, hour, day of month, month, day of week) or six, with seconds "
        "in front; this one has " +
          std::to_string(words.size()),
        "cron"};
    const auto skipped = fields.size() - words.size();
    if (skipped != 0)
      out_.seconds_.set(0);
    for (size_t i = 0; i < words.size(); ++i)
      read_field(i + skipped, words[i]);
    if (wrong_)
      return std::move(*wrong_);
    if (!out_.next_local(local_seconds{}))
      return error{ec::invalid_value, "there is no such date: \"" + std::string{text} + "\"", "cron"};
    return std::move(out_);
  }

private:
  /// Remembers the mistake. @return false
  bool refuse(const field_rules& f, std::string_view word, const std::string& why) {
    if (!wrong_)
      wrong_ =
        error{ec::invalid_value, "cron, " + std::string{f.name} + ", \"" + std::string{word} + "\": " + why, "cron"};
    return false;
  }

  void read_field(size_t field, std::string_view word) {
    const bool any = word.front() == '*' || word.front() == '?';
    if (field == day_field)
      out_.any_day_ = any;
    else if (field == weekday_field)
      out_.any_weekday_ = any;
    else if (any && field <= hour_field)
      out_.follows_clock_ = true;
    for (auto item : split(word, ","))
      if (!read_item(field, item))
        return;
  }

  bool read_item(size_t field, std::string_view item) {
    if (field == day_field)
      if (const auto special = read_special_day(item))
        return *special;
    if (field == weekday_field)
      if (const auto special = read_special_weekday(item))
        return *special;
    return read_range(field, item);
  }

  /// `L`, `L-3`, `LW`, `15W`. Nothing: it is none of these.
  std::optional<bool> read_special_day(std::string_view item) {
    const auto& f = fields[day_field];
    if (item == "L") {
      out_.from_last_.push_back(0);
      return true;
    }
    if (item == "LW" || item == "WL") {
      out_.nearest_weekday_.push_back(0);
      return true;
    }
    if (item.substr(0, 2) == "L-") {
      const auto n = number(item.substr(2));
      if (!n || *n < 1 || *n > 30)
        return refuse(f, item, "after L- comes how many days before the last one, 1 to 30");
      out_.from_last_.push_back(*n);
      return true;
    }
    if (item.size() > 1 && item.back() == 'W') {
      const auto n = number(item.substr(0, item.size() - 1));
      if (!n || *n < 1 || *n > 31)
        return refuse(f, item, "before W comes one day, 1 to 31, or L");
      out_.nearest_weekday_.push_back(*n);
      return true;
    }
    return std::nullopt;
  }

  /// `5L`, `FRIL`, `5#2`, `FRI#2`. Nothing: it is none of these.
  std::optional<bool> read_special_weekday(std::string_view item) {
    const auto& f = fields[weekday_field];
    if (const auto at = item.find('#'); at != std::string_view::npos) {
      const auto day = value(f, item.substr(0, at));
      const auto nth = number(item.substr(at + 1));
      if (!day || !nth || *nth < 1 || *nth > 5)
        return refuse(f, item, "a day of the week, #, and which one of the month, 1 to 5");
      out_.weekday_rules_.push_back({*day % 7, *nth});
      return true;
    }
    if (item.size() > 1 && item.back() == 'L') {
      const auto day = value(f, item.substr(0, item.size() - 1));
      if (!day)
        return refuse(f, item, "before L comes a day of the week, 0 to 7 or SUN to SAT");
      out_.weekday_rules_.push_back({*day % 7, 0});
      return true;
    }
    return std::nullopt;
  }

  /// `*`, `a`, `a-b`, each with `/n`.
  bool read_range(size_t field, std::string_view item) {
    const auto& f = fields[field];
    const auto slash = item.find('/');
    const auto range = item.substr(0, slash);
    unsigned step = 1;
    if (slash != std::string_view::npos) {
      const auto n = number(item.substr(slash + 1));
      if (!n || *n < 1 || *n > f.max)
        return refuse(f, item, "after / comes a step, 1 to " + std::to_string(f.max));
      step = *n;
    }
    unsigned from = f.min, to = f.max;
    const bool days = field == day_field || field == weekday_field;
    if (range == "*" || (range == "?" && days)) {
      if (field == weekday_field)
        to = 6;
    } else if (const auto dash = range.find('-'); dash != std::string_view::npos) {
      const auto a = value(f, range.substr(0, dash));
      auto b = value(f, range.substr(dash + 1));
      if (b == 0u && field == weekday_field && a != 0u)
        b = 7; // SAT-SUN
      if (!a || !b)
        return refuse(f, item, allowed(f));
      if (*a > *b)
        return refuse(f, item, "the range ends before it begins; write it as two, separated by a comma");
      from = *a;
      to = *b;
    } else {
      const auto a = value(f, range);
      if (!a)
        return refuse(f, item, allowed(f));
      from = *a;
      if (slash == std::string_view::npos)
        to = from;
      else if (field == weekday_field) {
        from %= 7;
        to = 6;
      }
    }
    for (auto v = from; v <= to; v += step)
      set(field, v);
    return true;
  }

  void set(size_t field, unsigned v) {
    switch (field) {
    case second_field:
      out_.seconds_.set(v);
      break;
    case minute_field:
      out_.minutes_.set(v);
      break;
    case hour_field:
      out_.hours_.set(v);
      break;
    case day_field:
      out_.days_.set(v);
      break;
    case month_field:
      out_.months_.set(v);
      break;
    default:
      out_.weekdays_.set(v % 7);
    }
  }

  static std::optional<unsigned> number(std::string_view s) {
    unsigned n = 0;
    const auto [end, ec] = std::from_chars(s.data(), s.data() + s.size(), n);
    if (s.empty() || ec != std::errc{} || end != s.data() + s.size())
      return std::nullopt;
    return n;
  }

  static std::optional<unsigned> value(const field_rules& f, std::string_view s) {
    for (size_t i = 0; i < f.names_count; ++i)
      if (s == f.names[i])
        return f.first_name + static_cast<unsigned>(i);
    const auto n = number(s);
    return n && *n >= f.min && *n <= f.max ? n : std::nullopt;
  }

  static std::string allowed(const field_rules& f) {
    auto text = "allowed are " + std::to_string(f.min) + " to " + std::to_string(f.max);
    if (f.names_count != 0)
      text += ", " + std::string{f.names[0]} + " to " + std::string{f.names[f.names_count - 1]};
    text += ", *, a-b, */n, a-b/n, a/n, and lists of these";
    if (&f == &fields[day_field])
      text += "; also L, L-3, LW, 15W";
    if (&f == &fields[weekday_field])
      text += "; also 5L, 5#2";
    return text;
  }

  cron out_;
  std::optional<error> wrong_;
};

result<cron> cron::parse(std::string_view text) {
  return cron_parser{}.parse(text);
}

} // namespace callboard
