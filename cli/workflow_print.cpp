#include "cli/workflow_print.hpp"

#include "cli/exit_code.hpp"
#include "cli/job_print.hpp"
#include "cli/member_lines.hpp"
#include "config/units.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <ostream>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace callboard {

namespace {

using json = nlohmann::ordered_json;

/// Widest error in a table; `get` shows all of it.
constexpr size_t error_columns_max = 60;
/// Arrows of one job that are named.
constexpr size_t arrows_max = 8;

const json& list_of(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_array())
    throw command_failure{exit_server, std::string{"the answer has no list \""} + name + "\""};
  return *found;
}

std::string seconds_member(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number())
    return {};
  const auto d = duration_of_seconds(found->get<double>());
  return d ? short_duration(*d) : found->dump();
}

/// `a (failure)`, of a dependency
std::string dependency_text(const json& d) {
  if (d.is_string())
    return d.get<std::string>();
  return member_text(d, "id") + " (" + member_text(d, "on") + ")";
}

/// Elements of one fan-out job that a table shows one by one.
constexpr size_t elements_max = 20;

/// `each[*]` of `each[7]`, the key of an element; empty: it is none, as users' keys have no brackets.
std::string elements_of(const std::string& key) {
  const auto at = key.rfind('[');
  return at == std::string::npos ? std::string{} : key.substr(0, at) + "[*]";
}

/// `38 completed, 2 running`
std::string counts_text(const std::map<std::string, size_t>& counts) {
  std::string text;
  for (const auto& [status, n] : counts)
    text += (text.empty() ? "" : ", ") + std::to_string(n) + ' ' + status;
  return text;
}

/// What a job waits for; many elements are one word.
std::string waits_text(const json& dependencies, const std::map<std::string, std::map<std::string, size_t>>& many) {
  std::string text;
  std::unordered_set<std::string> told;
  for (const auto& d : dependencies) {
    const auto group = d.is_string() ? elements_of(d.get<std::string>()) : std::string{};
    const auto name = !group.empty() && many.count(group) != 0 ? group : dependency_text(d);
    if (told.insert(name).second)
      text += (text.empty() ? "" : ", ") + name;
  }
  return text;
}

struct graph_node {
  std::string key, status, duration;
  std::string text;                                   ///< the status, or of many elements how many have which
  std::vector<std::pair<size_t, std::string>> arrows; ///< who waits for it, and on what
  size_t waits = 0;                                   ///< for so many
  size_t level = 0;
  bool critical = false;
};

/// Reads the nodes and edges, and finds the level of each. A node of a circle, of which there is none, stays on the
/// first.
std::vector<graph_node> nodes_of(const json& graph) {
  std::vector<graph_node> nodes;
  std::unordered_map<std::string, size_t> place;
  for (const auto& n : list_of(graph, "nodes")) {
    place.emplace(member_text(n, "key"), nodes.size());
    const auto status = member_text(n, "status");
    auto text = status;
    if (const auto elements = n.find("elements"); elements != n.end() && elements->is_object()) {
      std::map<std::string, size_t> counts;
      for (const auto& [state, count] : elements->items())
        if (state != "total" && count.is_number_unsigned())
          counts[state] = count.get<size_t>();
      text = counts_text(counts);
    }
    nodes.push_back({member_text(n, "key"), status, seconds_member(n, "duration"), std::move(text), {}});
  }
  for (const auto& e : list_of(graph, "edges")) {
    const auto from = place.find(member_text(e, "from")), to = place.find(member_text(e, "to"));
    if (from == place.end() || to == place.end())
      throw command_failure{exit_server, "the answer has an edge of a job that it does not have"};
    nodes[from->second].arrows.emplace_back(to->second, member_text(e, "on"));
    ++nodes[to->second].waits;
  }
  for (const auto& key : list_of(graph, "criticalPath"))
    if (const auto n = key.is_string() ? place.find(key.get<std::string>()) : place.end(); n != place.end())
      nodes[n->second].critical = true;
  std::vector<size_t> open, ready;
  for (size_t i = 0; i < nodes.size(); ++i) {
    open.push_back(nodes[i].waits);
    if (nodes[i].waits == 0)
      ready.push_back(i);
  }
  for (size_t at = 0; at < ready.size(); ++at)
    for (const auto& [to, on] : nodes[ready[at]].arrows) {
      nodes[to].level = std::max(nodes[to].level, nodes[ready[at]].level + 1);
      if (--open[to] == 0)
        ready.push_back(to);
    }
  return nodes;
}

std::string arrows_text(const std::vector<graph_node>& nodes, const graph_node& n) {
  std::string text;
  for (size_t i = 0; i < std::min(n.arrows.size(), arrows_max); ++i) {
    const auto& [to, on] = n.arrows[i];
    text += (i == 0 ? "-> " : ", ") + nodes[to].key + (on == "success" ? "" : " (" + on + ")");
  }
  if (n.arrows.size() > arrows_max)
    text += " and " + std::to_string(n.arrows.size() - arrows_max) + " more";
  return text;
}

/// The elements of fan-out jobs that have many, by `each[*]`: how many there are by status.
std::map<std::string, std::map<std::string, size_t>> many_elements(const json& jobs) {
  std::map<std::string, std::map<std::string, size_t>> out;
  std::map<std::string, size_t> all;
  for (const auto& [key, job] : jobs.items())
    if (const auto group = elements_of(key); !group.empty()) {
      ++out[group][member_text(job, "status")];
      ++all[group];
    }
  std::erase_if(out, [&](const auto& x) { return all[x.first] <= elements_max; });
  return out;
}

/// As a string of Graphviz, where a new line is `\n`.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text)
    if (c == '"' || c == '\\')
      (out += '\\') += c;
    else if (c == '\n')
      out += "\\n";
    else
      out += c;
  return out + '"';
}

const char* dot_colour(const std::string& status) {
  return status == "completed"   ? "palegreen"
         : status == "failed"    ? "salmon"
         : status == "running"   ? "lightblue"
         : status == "cancelled" ? "lightgrey"
         : status == "retrying"  ? "khaki"
                                 : "white";
}

} // namespace

std::string workflow_progress_text(const json& workflow) {
  const auto p = workflow.find("progress");
  if (p == workflow.end() || !p->is_object())
    return {};
  auto text = member_text(*p, "completed") + " of " + member_text(*p, "total");
  for (const auto* name : {"running", "failed", "cancelled", "skipped"})
    if (const auto n = member_text(*p, name); !n.empty() && n != "0")
      text += ", " + n + ' ' + name;
  return text;
}

void print_workflow(std::ostream& out, const json& workflow, time_point now, const palette& colours) {
  member_lines m{out};
  m.line("id", printable(member_text(workflow, "id")));
  m.line("name", printable(member_text(workflow, "name")));
  m.line("state", colours.status(printable(member_text(workflow, "state"))));
  m.line("progress", printable(workflow_progress_text(workflow)));
  m.line("created", time_text(workflow, "createdAt", now));
  m.line("completed", time_text(workflow, "completedAt", now));
  const auto jobs = workflow.find("jobs");
  if (jobs == workflow.end() || !jobs->is_object())
    throw command_failure{exit_server, "the answer has no jobs"};
  out << '\n';
  table t{{"KEY", "ID", "TYPE", "STATUS", "WAITS FOR", "ERROR"}, 3};
  const auto many = many_elements(*jobs);
  std::unordered_set<std::string> told;
  for (const auto& [key, job] : jobs->items()) {
    const auto waits = waits_text(list_of(job, "dependencies"), many);
    if (const auto all = many.find(elements_of(key)); all != many.end()) {
      if (told.insert(all->first).second)
        t.add({all->first, "", member_text(job, "type"), counts_text(all->second), shortened(waits, error_columns_max),
               ""});
      continue;
    }
    const auto error = job.find("error");
    t.add({key, member_text(job, "id"), member_text(job, "type"), member_text(job, "status"),
           shortened(waits, error_columns_max),
           error == job.end() || !error->is_object()
             ? std::string{}
             : shortened(member_text(*error, "code") + ": " + member_text(*error, "message"), error_columns_max)});
  }
  t.flush(out, colours);
  if (const auto result = workflow.find("result"); result != workflow.end() && !result->empty()) {
    out << '\n';
    m.line("result", value_lines(workflow, "result"));
  }
}

void print_workflow_graph(std::ostream& out, const json& graph, const palette& colours) {
  const auto nodes = nodes_of(graph);
  std::vector<size_t> order(nodes.size());
  for (size_t i = 0; i < order.size(); ++i)
    order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return nodes[a].level < nodes[b].level; });
  out << printable(member_text(graph, "name")) << "  " << printable(member_text(graph, "id")) << "  "
      << colours.status(printable(member_text(graph, "state"))) << '\n';
  table t{{"LEVEL", "", "KEY", "STATUS", "TIME", "NEXT"}, 3};
  for (size_t at = 0; at < order.size(); ++at) {
    const auto& n = nodes[order[at]];
    const bool begins = at == 0 || nodes[order[at - 1]].level != n.level;
    t.add({begins ? std::to_string(n.level + 1) : "", n.critical ? "*" : "", n.key, n.text, n.duration,
           arrows_text(nodes, n)});
  }
  t.flush(out, colours);
  std::string path;
  for (const auto& key : list_of(graph, "criticalPath"))
    path += (path.empty() ? "" : " -> ") + (key.is_string() ? key.get<std::string>() : key.dump());
  out << "* critical path: " << printable(path) << "  " << seconds_member(graph, "criticalPathDuration") << '\n';
}

void print_workflow_dot(std::ostream& out, const json& graph) {
  const auto nodes = nodes_of(graph);
  out << "digraph " << quoted(printable(member_text(graph, "name"))) << " {\n  rankdir=LR;\n"
      << "  node [shape=box, style=filled];\n";
  for (const auto& n : nodes)
    out << "  " << quoted(printable(n.key)) << " [label="
        << quoted(printable(n.key) + "\n" + printable(n.text) + (n.duration.empty() ? "" : " " + n.duration))
        << ", fillcolor=" << dot_colour(n.status) << (n.critical ? ", penwidth=3" : "") << "];\n";
  // The edges of the path are those between jobs that follow each other in it.
  std::unordered_set<std::string> steps;
  std::string before;
  for (const auto& key : list_of(graph, "criticalPath")) {
    const auto text = key.is_string() ? key.get<std::string>() : std::string{};
    steps.insert(before + '\n' + text);
    before = text;
  }
  for (const auto& n : nodes)
    for (const auto& [to, on] : n.arrows) {
      std::string looks;
      if (on != "success")
        looks = "label=" + quoted(printable(on)) + ", style=dashed";
      if (steps.count(n.key + '\n' + nodes[to].key) != 0)
        looks += (looks.empty() ? "" : ", ") + std::string{"penwidth=3"};
      out << "  " << quoted(printable(n.key)) << " -> " << quoted(printable(nodes[to].key))
          << (looks.empty() ? "" : " [" + looks + "]") << ";\n";
    }
  out << "}\n";
}

} // namespace callboard
