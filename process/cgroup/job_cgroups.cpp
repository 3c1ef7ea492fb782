#include "process/cgroup/job_cgroups.hpp"

#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "files/file_lock.hpp"
#include "process/cgroup/cgroup_base.hpp"
#include "process/cgroup/cgroup_text.hpp"

namespace callboard {

namespace {

const std::string worker_prefix = "worker-";
const std::string self_group = "self";
/// Another worker may take a group that was just made for left behind, and remove it.
constexpr int make_tries_max = 10;
/// What is killed and does not end in this time hangs in the kernel.
constexpr std::chrono::seconds end_patience{2};

void end_left_overs_in(const cgroup& base) {
  for (const auto& name : base.children()) {
    if (!name.starts_with(worker_prefix) || !name.ends_with(cgroup_suffix))
      continue;
    // The lock is kept until the group is removed.
    const auto group = base.child(name);
    if (group && try_lock_descriptor(group->descriptor()) == 0)
      base.end_child(name, end_patience);
  }
}

std::string text_of(int code) {
  return std::generic_category().message(code);
}

void write_limit(const cgroup& group, const char* file, const std::string& text) {
  if (const int code = group.write(file, text); code != 0)
    throw std::system_error(code, std::generic_category(), file);
}

constexpr const char* memory_polled = "memory is checked by polling";
constexpr const char* cpu_free = "CPU is not limited";

std::string words_for(std::string_view what, const std::string& why_not, std::string_view otherwise) {
  return why_not.empty() ? std::string{what} + " is limited by its cgroup"
                         : std::string{otherwise} + " (" + why_not + ")";
}

} // namespace

attempt_cgroup::~attempt_cgroup() {
  owner_->remove(name_);
}

void attempt_cgroup::end_all() const {
  group_.end_all(end_patience);
}

uint64_t attempt_cgroup::memory_now() const {
  return whole_number(group_.read("memory.current")).value_or(0);
}

attempt_usage attempt_cgroup::usage() const {
  attempt_usage out;
  out.cpu_us = static_cast<int64_t>(number_of_key(group_.read("cpu.stat"), "usage_usec").value_or(0));
  out.peak_memory_bytes = whole_number(group_.read("memory.peak")).value_or(0);
  return out;
}

bool attempt_cgroup::ran_out_of_memory() const {
  const auto events = group_.read("memory.events");
  return number_of_key(events, "oom_kill").value_or(0) != 0 || number_of_key(events, "oom").value_or(0) != 0;
}

job_cgroups::opened job_cgroups::open(const std::string& setting) {
  auto found = find_cgroup_base(setting);
  const auto none = [](const std::string& why) {
    return opened{nullptr, std::string{memory_polled} + ", " + cpu_free + " (no cgroups: " + why + ")"};
  };
  if (!found.group)
    return none(found.why_not);
  const auto& base = *found.group;
  end_left_overs_in(base);
  auto no_memory = enable_controller(base, "memory"), no_cpu = enable_controller(base, "cpu");

  std::string name;
  std::optional<cgroup> group;
  int code = 0;
  for (int i = 0; i < make_tries_max && !group; ++i) {
    name =
      worker_prefix + std::to_string(::getpid()) + (i == 0 ? "" : "-" + std::to_string(i)) + std::string{cgroup_suffix};
    code = base.make_child(name);
    if (code != 0 && code != EEXIST)
      break;
    group = base.child(name);
    // Locked: of somebody else. Without `self`: it was removed before it was locked.
    if (group && (try_lock_descriptor(group->descriptor()) != 0 || (code = group->make_child(self_group)) != 0))
      group.reset();
  }
  if (!group)
    return none("a group in " + found.directory + ": " + (code == 0 ? "it cannot be locked" : text_of(code)));
  // Moving may have changed it: `enable_controller`.
  const auto origin = find_cgroup_base("auto").origin;
  const std::shared_ptr<job_cgroups> out{new job_cgroups{std::move(*found.group), name, std::move(*group), origin}};
  if (const auto self = out->group_.child(self_group); !self || (code = self->write("cgroup.procs", "0")) != 0)
    return none("moving this process to " + found.directory + "/" + name + ": " + text_of(self ? code : errno));
  if (no_memory.empty())
    no_memory = enable_controller(out->group_, "memory");
  if (no_cpu.empty())
    no_cpu = enable_controller(out->group_, "cpu");
  out->holds_memory_ = no_memory.empty();
  out->holds_cpu_ = no_cpu.empty();
  return {out, words_for("memory", no_memory, memory_polled) + ", " + words_for("CPU", no_cpu, cpu_free) +
                 "; cgroups in " + found.directory};
}

void job_cgroups::end_left_overs(const std::string& setting) {
  if (const auto found = find_cgroup_base(setting); found.group)
    end_left_overs_in(*found.group);
}

job_cgroups::~job_cgroups() {
  if (const auto origin = cgroup::open(origin_))
    origin->write("cgroup.procs", "0");
  for (const auto& name : group_.children())
    if (name != self_group)
      group_.end_child(name, end_patience);
  // While this process is still in there, because it could not be moved, they stay and are left behind.
  if (group_.remove_child(self_group) == 0)
    base_.remove_child(name_);
}

std::unique_ptr<attempt_cgroup> job_cgroups::make(const std::string& name, uint64_t memory_bytes, uint32_t cpu_milli) {
  {
    std::lock_guard lock{mutex_};
    std::erase_if(remains_, [this](const auto& left) { return group_.remove_child(left) == 0; });
  }
  if (const int code = group_.make_child(name); code != 0)
    throw std::system_error(code, std::generic_category(), "group " + name);
  auto group = group_.child(name);
  if (!group)
    throw std::system_error(errno, std::generic_category(), "group " + name);
  auto out = std::make_unique<attempt_cgroup>(shared_from_this(), name, std::move(*group));
  limit_cgroup(out->group_, holds_memory_ ? memory_bytes : 0, holds_cpu_ ? cpu_milli : 0);
  return out;
}

void job_cgroups::remove(const std::string& name) {
  // Nothing is in it as a rule.
  if (group_.remove_child(name) == 0 || group_.end_child(name, end_patience))
    return;
  std::lock_guard lock{mutex_};
  remains_.push_back(name);
}

void limit_cgroup(const cgroup& group, uint64_t memory_bytes, uint32_t cpu_milli) {
  if (memory_bytes != 0) {
    write_limit(group, "memory.max", std::to_string(memory_bytes));
    // Those are not there on every kernel. Without swap the reservation is all that there is; and the program ends as
    // a whole, and not one process of it.
    for (const auto& [file, text] : {std::pair{"memory.swap.max", "0"}, std::pair{"memory.oom.group", "1"}})
      if (const int code = group.write(file, text); code != 0 && code != ENOENT)
        throw std::system_error(code, std::generic_category(), file);
  }
  if (cpu_milli != 0)
    write_limit(group, "cpu.max", cpu_max_text(cpu_milli));
}

} // namespace callboard
