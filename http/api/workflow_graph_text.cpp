#include "http/api/workflow_view.hpp"
#include "http/json/job_text.hpp"
#include "http/limits.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

// The graph of a workflow as it is shown: elements of a fan-out job are one node when they are many.

namespace callboard {

namespace {

/// A job, or many elements of one fan-out job.
struct node {
  std::string key;
  std::vector<size_t> jobs; ///< places in the view
};

class shown_graph {
public:
  explicit shown_graph(const workflow_view& v) : view_(v), node_of_(v.jobs().size()) {
    std::map<std::string, size_t> elements;
    for (const auto& j : v.jobs())
      if (is_element(j))
        ++elements[group_of(j)];
    std::map<std::string, size_t> collapsed;
    for (size_t i = 0; i < v.jobs().size(); ++i) {
      const auto& j = v.jobs()[i];
      const auto group = is_element(j) ? group_of(j) : std::string{};
      const bool alone = group.empty() || elements[group] <= http_limits::graph_elements_max;
      const auto [at, fresh] = alone ? std::pair{collapsed.end(), true} : collapsed.emplace(group, nodes_.size());
      node_of_[i] = alone ? nodes_.size() : at->second;
      if (fresh)
        nodes_.push_back({alone ? j.key : group + "[*]", {}});
      nodes_[node_of_[i]].jobs.push_back(i);
    }
  }

  const std::vector<node>& nodes() const {
    return nodes_;
  }
  const std::string& key_of(size_t job) const {
    return nodes_[node_of_[job]].key;
  }
  /// Between nodes, each once.
  std::vector<workflow_edge> edges() const {
    std::vector<workflow_edge> out;
    std::set<std::pair<std::pair<size_t, size_t>, dependency_condition>> seen;
    for (const auto& e : view_.edges())
      if (seen.insert({{node_of_[e.from], node_of_[e.to]}, e.on}).second)
        out.push_back({node_of_[e.from], node_of_[e.to], e.on});
    return out;
  }

private:
  /// The key of the fan-out job.
  static std::string group_of(const workflow_job& element) {
    return element.key.substr(0, element.key.rfind('['));
  }

  const workflow_view& view_;
  std::vector<node> nodes_;
  std::vector<size_t> node_of_; ///< of each job
};

/// Of many: what is worst, or not over.
std::string_view status_of(const std::map<job_state, size_t>& counts, size_t all) {
  const auto has = [&](job_state s) { return counts.count(s) != 0; };
  for (auto s : {job_state::failed, job_state::running, job_state::retrying})
    if (has(s))
      return to_string(s);
  for (const auto& [s, n] : counts)
    if (n == all)
      return to_string(s);
  const bool over = std::all_of(counts.begin(), counts.end(), [](const auto& c) { return is_terminal(c.first); });
  return to_string(over ? job_state::cancelled : has(job_state::completed) ? job_state::running : job_state::queued);
}

void write_many(json_writer& w, const workflow_view& v, const node& n, const std::vector<duration>& lengths) {
  std::map<job_state, size_t> counts;
  duration longest{0};
  for (const auto i : n.jobs) {
    ++counts[v.jobs()[i].state];
    longest = std::max(longest, lengths[i]);
  }
  w.open('{').key("key").text(n.key).key("status").text(status_of(counts, n.jobs.size()));
  w.key("elements").open('{').key("total").number(n.jobs.size());
  for (const auto& [state, count] : counts)
    w.key(to_string(state)).number(count);
  w.close('}').key("duration").seconds(longest).close('}');
}

void write_one(json_writer& w, const workflow_job& j, std::optional<duration> ran) {
  w.open('{').key("key").text(j.key).key("id").text(to_string(j.id)).key("status").text(to_string(j.state));
  if (ran)
    w.key("duration").seconds(*ran);
  w.close('}');
}

} // namespace

void write_workflow_graph(json_writer& w, const workflow_view& v, time_point now) {
  std::vector<duration> lengths;
  lengths.reserve(v.jobs().size());
  for (const auto& j : v.jobs())
    lengths.push_back(run_time(j, now).value_or(duration{0}));
  const shown_graph shown{v};
  w.key("id").text(v.id()).key("name").text(v.name()).key("state").text(to_string(v.state())).key("nodes").open('[');
  for (const auto& n : shown.nodes())
    if (n.jobs.size() > 1)
      write_many(w, v, n, lengths);
    else
      write_one(w, v.jobs()[n.jobs.front()], run_time(v.jobs()[n.jobs.front()], now));
  w.close(']').key("edges").open('[');
  for (const auto& e : shown.edges())
    w.open('{')
      .key("from")
      .text(shown.nodes()[e.from].key)
      .key("to")
      .text(shown.nodes()[e.to].key)
      .key("on")
      .text(to_string(e.on))
      .close('}');
  w.close(']').key("criticalPath").open('[');
  // What was not needed took no time, and nothing waited for it.
  auto edges = v.edges();
  std::erase_if(edges, [&](const auto& e) { return is_skipped(v.jobs()[e.from]) || is_skipped(v.jobs()[e.to]); });
  const auto chain = longest_chain(edges, lengths);
  for (const auto i : chain.jobs)
    w.text(shown.key_of(i));
  w.close(']').key("criticalPathDuration").seconds(chain.length);
}

} // namespace callboard
