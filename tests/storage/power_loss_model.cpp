#include "tests/storage/power_loss_model.hpp"

#include "core/base/invariant.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace callboard::test {

namespace {

namespace fs = std::filesystem;

/// What a disk writes whole or not at all.
constexpr size_t page_bytes = 4096;

/// The steps from the root to a path.
std::vector<std::string> steps_to(const std::string& path, const std::string& root) {
  std::vector<std::string> out;
  for (const auto& step : fs::path{path}.lexically_normal().lexically_relative(root))
    if (const auto text = step.string(); !text.empty() && text != ".")
      out.push_back(text);
  CB_INVARIANT(out.empty() || out.front() != "..", "whoever uses this disk stays on it");
  return out;
}

using changed_names = std::vector<std::pair<std::string, disk_node::pointer>>;

void put_names(disk_node::names& to, const changed_names& changed) {
  for (const auto& [name, node] : changed) {
    if (node)
      to[name] = node;
    else
      to.erase(name);
  }
}

void note_names(disk_node& directory, changed_names changed) {
  put_names(directory.now, changed);
  directory.unsynced.push_back(std::move(changed));
}

/// The directory of these steps, made where it was made without our knowledge.
disk_node::pointer walk(disk_node::pointer at, const std::vector<std::string>& steps) {
  for (const auto& step : steps) {
    auto next = at->now[step];
    if (!next) {
      next = std::make_shared<disk_node>();
      next->is_directory = true;
      note_names(*at, {{step, next}});
    }
    at = std::move(next);
  }
  return at;
}

std::string bytes_left(const disk_node& file, leftovers left, std::mt19937_64& random) {
  if (left == leftovers::none)
    return file.bytes.substr(0, file.synced);
  auto out = file.bytes.substr(0, file.synced + random() % (file.bytes.size() - file.synced + 1));
  if (left == leftovers::reordered)
    for (size_t from = file.synced, end; from < out.size(); from = end) {
      end = std::min(out.size(), (from / page_bytes + 1) * page_bytes);
      if (random() % 2 == 0)
        std::fill_n(out.begin() + static_cast<ptrdiff_t>(from), end - from, '\0');
    }
  return out;
}

/// A node as the power loss leaves it, with all that it holds, also written to the path.
disk_node::pointer left_of(const disk_node& node, const std::string& path, leftovers left, std::mt19937_64& random) {
  auto out = std::make_shared<disk_node>();
  out->is_directory = node.is_directory;
  if (!node.is_directory) {
    out->bytes = bytes_left(node, left, random);
    out->synced = out->bytes.size();
    std::ofstream{path, std::ios::binary} << out->bytes;
    return out;
  }
  auto entries = node.stored;
  const auto changes_left = left == leftovers::none ? 0 : random() % (node.unsynced.size() + 1);
  for (size_t i = 0; i < changes_left; ++i)
    put_names(entries, node.unsynced[i]);
  fs::create_directory(path);
  for (const auto& [name, entry] : entries)
    out->stored[name] = left_of(*entry, path + "/" + name, left, random);
  out->now = out->stored;
  return out;
}

} // namespace

disk_model::disk_model(std::string where) : root(std::move(where)), top_(std::make_shared<disk_node>()) {
  top_->is_directory = true;
}

disk_node::pointer disk_model::find(const std::string& path) {
  auto at = top_;
  for (const auto& step : steps_to(path, root)) {
    const auto it = at->now.find(step);
    if (it == at->now.end())
      return nullptr;
    at = it->second;
  }
  return at;
}

disk_node::pointer disk_model::add(const std::string& path, bool is_directory) {
  auto node = std::make_shared<disk_node>();
  node->is_directory = is_directory;
  set_name(path, node);
  return node;
}

void disk_model::set_name(const std::string& path, disk_node::pointer to) {
  auto steps = steps_to(path, root);
  auto name = std::move(steps.back());
  steps.pop_back();
  note_names(*walk(top_, steps), {{std::move(name), std::move(to)}});
}

void disk_model::rename(const std::string& from, const std::string& to) {
  auto node = find(from);
  if (!node)
    return; // not ours
  auto old_steps = steps_to(from, root);
  auto new_steps = steps_to(to, root);
  auto old_name = std::move(old_steps.back());
  auto new_name = std::move(new_steps.back());
  old_steps.pop_back();
  new_steps.pop_back();
  CB_INVARIANT(old_steps == new_steps, "nobody moves things from one directory to another");
  note_names(*walk(top_, old_steps), {{std::move(old_name), nullptr}, {std::move(new_name), std::move(node)}});
}

void disk_model::sync_directory(const std::string& path) {
  const auto d = walk(top_, steps_to(path, root));
  for (const auto& entry : fs::directory_iterator{path})
    if (entry.is_directory())
      walk(d, {entry.path().filename().string()}); // also what was made without our knowledge
  d->stored = d->now;
  d->unsynced.clear();
}

void disk_model::lose_power(leftovers left, std::mt19937_64& random) {
  fs::remove_all(root);
  top_ = left_of(*top_, root, left, random);
}

} // namespace callboard::test
