#include "http/json/log_text.hpp"

namespace callboard {

void write_log(json_writer& w, const job_record& j, const log_part& part, const redaction_book& hidden) {
  // What a former release has written down does not say whose lines they are.
  const auto attempt = j.log.attempt != 0 ? j.log.attempt : j.attempt;
  const auto shown = lines_from(j.log, part.attempt.value_or(attempt) == attempt ? part.from : 0);
  const auto rule = hidden.find(j.spec.type);
  const bool hides = rule && rule->hides_log();
  w.open('{').key("id").text(to_string(j.id)).key("status").text(to_string(j.state));
  w.key("attempt").number(attempt).key("first").number(shown.first).key("next").number(shown.end());
  w.key("lines").open('[');
  for (const auto& line : shown.lines)
    w.text(hides ? redaction::mark : std::string_view{line});
  w.close(']').close('}');
}

} // namespace callboard
