#include "http/api/event_text.hpp"

#include "http/json/json_writer.hpp"

namespace callboard {

namespace {

std::string lines(const event_id& id, std::string_view kind, std::string_view json) {
  std::string out = "id: ";
  out += to_string(id);
  out += "\nevent: ";
  out += kind;
  out += "\ndata: ";
  out += json; // without a line end: control characters are escaped in JSON
  out += "\n\n";
  return out;
}

} // namespace

std::string event_json(const event_id& id, const scheduler_event& e) {
  std::string json;
  json_writer w{json};
  const auto text = [&w](std::string_view name, std::string_view value) {
    if (!value.empty())
      w.key(name).text(value);
  };
  w.open('{');
  if (id.number != 0)
    w.key("id").text(to_string(id));
  w.key("kind").text(to_string(e.kind)).key("at").time(e.at);
  if (e.job) {
    w.key("jobID").text(to_string(e.job));
    if (family_of(e.kind) == "job")
      w.key("status").text(to_string(e.state));
    if (e.attempt != 0)
      w.key("attempt").number(e.attempt);
    if (e.kind == event_kind::job_progress)
      w.key("percent").number(uint32_t{e.percent});
  }
  text("type", e.type);
  text("queue", e.queue);
  text("workflow", e.details().workflow);
  if (e.worker)
    text("worker", *e.worker);
  text("name", e.details().name);
  text("code", e.details().code);
  text("reason", e.details().reason);
  w.close('}');
  return json;
}

std::string event_text(const event_id& id, const scheduler_event& e) {
  return lines(id, to_string(e.kind), event_json(id, e));
}

std::string reset_text(const event_id& id) {
  std::string json;
  json_writer w{json};
  w.open('{').key("id").text(to_string(id)).key("kind").text("reset");
  w.key("reason").text("events between the id that was given and this one are missing; look at the present state");
  w.close('}');
  return lines(id, "reset", json);
}

} // namespace callboard
