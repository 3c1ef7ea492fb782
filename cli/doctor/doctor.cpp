#include "cli/doctor/doctor.hpp"

#include "cli/format.hpp"

#include <algorithm>
#include <array>
#include <ostream>
#include <utility>

namespace callboard {

namespace {

using json = nlohmann::ordered_json;

constexpr std::array checks{
  named_check{"data directory", check_data_directory},
  named_check{"disk space", check_disk_space},
  named_check{"fsync", check_fsync},
  named_check{"open files", check_open_files},
  named_check{"processes", check_processes},
  named_check{"memory", check_memory},
  named_check{"cgroups", check_cgroups},
  named_check{"clock", check_clock},
  named_check{"time zones", check_time_zones},
  named_check{"certificates", check_certificates},
  named_check{"ports", check_ports},
  named_check{"server", check_server},
  named_check{"store", check_store},
  named_check{"workers", check_workers},
};

/// The colours of jobs' states that say the same.
const char* colour_of(check_result v) {
  switch (v) {
  case check_result::ok:
    return "completed";
  case check_result::skipped:
    return "queued";
  case check_result::warning:
    return "retrying";
  case check_result::failed:
    return "failed";
  }
  return "";
}

std::string padded(std::string text, size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

void print(std::ostream& out, const palette& colours, std::string_view name, const finding& f) {
  constexpr size_t result_columns = 9, name_columns = 16;
  out << colours.painted(colour_of(f.result), padded(to_string(f.result), result_columns))
      << padded(std::string{name}, name_columns) << printable(f.text) << '\n';
  if (!f.advice.empty())
    out << std::string(result_columns + name_columns, ' ') << "-> " << printable(f.advice) << '\n';
}

} // namespace

std::span<const named_check> all_checks() {
  return checks;
}

int run_checks(program_context& context, const examined& x, std::span<const named_check> wanted, bool as_json) {
  const palette colours{context};
  auto found = json::array();
  std::array<size_t, 4> count{};
  auto worst = check_result::ok;
  for (const auto& check : wanted) {
    const auto f = check.look(x);
    ++count[static_cast<size_t>(f.result)];
    if (f.result != check_result::skipped)
      worst = std::max(worst, f.result);
    if (as_json) {
      found.push_back({{"name", check.name}, {"result", to_string(f.result)}, {"text", f.text}});
      if (!f.advice.empty())
        found.back()["advice"] = f.advice;
    } else {
      print(context.out, colours, check.name, f);
      context.out.flush(); // some take their time
    }
  }
  const auto number = [&](check_result v) { return std::to_string(count[static_cast<size_t>(v)]); };
  if (as_json)
    context.out << json{{"result", to_string(worst)}, {"checks", std::move(found)}}.dump(-1, ' ', false,
                                                                                         json::error_handler_t::replace)
                << '\n';
  else
    context.out << '\n'
                << number(check_result::ok) << " ok, " << number(check_result::warning) << " to look at, "
                << number(check_result::failed) << " failed, " << number(check_result::skipped) << " skipped\n";
  return worst == check_result::failed ? exit_server : exit_ok;
}

} // namespace callboard
