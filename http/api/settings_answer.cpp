#include "http/api/settings_answer.hpp"

#include "config/loader.hpp"
#include "config/setting_docs.hpp"
#include "config/setting_text.hpp"
#include "http/api/answer.hpp"

namespace callboard {

namespace {

std::string_view name_of(setting_form f) {
  switch (f) {
  case setting_form::flag:
    return "flag";
  case setting_form::count:
    return "count";
  case setting_form::bytes:
    return "bytes";
  case setting_form::time:
    return "time";
  case setting_form::text:
    return "text";
  case setting_form::choice:
    return "choice";
  case setting_form::list:
    return "list";
  case setting_form::address:
    return "address";
  case setting_form::url:
    return "url";
  }
  return "text";
}

/// A flag and a count as they are, a list as an array; times and sizes are texts with their units.
void write_value(json_writer& w, const setting_row& row, const settings& s) {
  if (const auto* items = value_items(row, s)) {
    w.open('[');
    for (const auto& item : *items)
      w.text(item);
    w.close(']');
  } else if (row.form == setting_form::flag || row.form == setting_form::count) {
    w.raw(value_text(row, s));
  } else {
    w.text(value_text(row, s));
  }
}

/// Of a secret only whether there is one.
void write_setting(json_writer& w, const setting_row& row, const loaded_settings& s, const settings& defaults) {
  w.open('{').key("name").text(row.key).key("section").text(section_of(row.key)).key("kind").text(name_of(row.form));
  if (row.secret) {
    w.key("secret").boolean(true).key("set").boolean(is_hidden(row, s.values));
  } else {
    w.key("value");
    write_value(w, row, s.values);
    w.key("default");
    write_value(w, row, defaults);
  }
  if (!row.unit.empty())
    w.key("unit").text(row.unit);
  w.key("allowed").text(allowed_text(row));
  w.key("changed").boolean(value_text(row, s.values) != value_text(row, defaults));
  const auto origin = origin_of(row, s);
  w.key("origin").open('{').key("kind").text(origin.kind);
  if (!origin.place.empty())
    w.key("place").text(origin.place);
  w.close('}').key("sentence").text(row.sentence).close('}');
}

} // namespace

std::optional<http_response> tell_settings(const request_context& c, const responder& /*to*/) {
  if (c.a.effective == nullptr)
    return failed({ec::not_found, "this scheduler does not tell its settings"});
  return json_answer(200, [&](json_writer& w) {
    const settings defaults;
    w.open('{').key("settings").open('[');
    for (const auto& row : setting_table())
      write_setting(w, row, *c.a.effective, defaults);
    w.close(']').key("sections").open('[');
    for (const auto section : setting_sections())
      w.open('{').key("name").text(section).key("sentence").text(section_sentence(section)).close('}');
    w.close(']').key("count").number(setting_table().size()).close('}');
  });
}

} // namespace callboard
