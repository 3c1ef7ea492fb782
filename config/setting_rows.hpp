#pragma once

#include "config/setting_table.hpp"

#include <utility>
#include <vector>

namespace callboard {

// What the files that hold the rows of the setting table share.

/// The function that walks along members of members: `ref<&settings::http, &http_settings::listen>()`.
template <auto... Path>
setting_access ref() {
  return +[](settings & s) -> auto& {
    return (s.*....*Path);
  };
}

inline constexpr uint64_t kib = 1u << 10, mib = 1u << 20, gib = 1u << 30, tib = uint64_t{1} << 40;

/// Makes the rows of the table, one function for each form of a setting.
class row_maker {
public:
  explicit row_maker(std::vector<setting_row>& rows) : rows_(rows) {
  }
  void flag(std::string_view key, setting_access a, std::string_view sentence) {
    add({.key = key, .access = a, .form = setting_form::flag, .sentence = sentence});
  }
  void count(std::string_view key, setting_access a, uint64_t min, uint64_t max, std::string_view unit,
             std::string_view sentence) {
    add({.key = key,
         .access = a,
         .form = setting_form::count,
         .min = min,
         .max = max,
         .unit = unit,
         .sentence = sentence});
  }
  void bytes(std::string_view key, setting_access a, uint64_t min, uint64_t max, std::string_view sentence) {
    add({.key = key,
         .access = a,
         .form = setting_form::bytes,
         .min = min,
         .max = max,
         .unit = "bytes",
         .sentence = sentence});
  }
  void time(std::string_view key, setting_access a, duration min, duration max, std::string_view sentence) {
    add({.key = key,
         .access = a,
         .form = setting_form::time,
         .min = static_cast<uint64_t>(min.count()),
         .max = static_cast<uint64_t>(max.count()),
         .unit = "time",
         .sentence = sentence});
  }
  void text(std::string_view key, setting_access a, std::string_view sentence) {
    add({.key = key, .access = a, .form = setting_form::text, .sentence = sentence});
  }
  void needed(std::string_view key, setting_access a, std::string_view sentence) {
    add({.key = key, .access = a, .form = setting_form::text, .min = 1, .sentence = sentence});
  }
  void secret(std::string_view key, setting_access a, std::string_view sentence) {
    add({.key = key, .access = a, .form = setting_form::text, .sentence = sentence, .secret = true});
  }
  void choice(std::string_view key, setting_access a, std::vector<std::string_view> choices,
              std::string_view sentence) {
    add({.key = key, .access = a, .form = setting_form::choice, .choices = std::move(choices), .sentence = sentence});
  }
  void list(std::string_view key, setting_access a, std::string_view sentence) {
    add({.key = key, .access = a, .form = setting_form::list, .sentence = sentence});
  }
  void address(std::string_view key, setting_access a, std::string_view sentence) {
    add({.key = key, .access = a, .form = setting_form::address, .sentence = sentence});
  }
  void url(std::string_view key, setting_access a, std::string_view sentence) {
    add({.key = key, .access = a, .form = setting_form::url, .sentence = sentence});
  }

private:
  void add(setting_row r) {
    rows_.push_back(std::move(r));
  }
  std::vector<setting_row>& rows_;
};

/// The rows of [alerts].
void add_alert_rows(row_maker m);

/// The rows of [tracing].
void add_tracing_rows(row_maker m);
/// The rows of [webhooks].
void add_webhook_rows(row_maker m);

/// The rows of [handlers.*]: what the workers' job types are allowed and bounded by.
void add_handler_rows(row_maker m);

} // namespace callboard
