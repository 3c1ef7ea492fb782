#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "files/descriptor.hpp"

namespace callboard {

/// A group of a cgroup version 2 hierarchy: its open directory. Functions that change something return 0 or an errno.
class cgroup {
public:
  /// Nothing when there is no such directory. Whether it is a group, nobody checks here.
  static std::optional<cgroup> open(const std::string& path);
  /// The group of that name in this one.
  std::optional<cgroup> child(const std::string& name) const;
  std::vector<std::string> children() const;

  int descriptor() const {
    return directory_.get();
  }
  /// The text of one of its files; empty when there is none.
  std::string read(const char* file) const;
  int write(const char* file, std::string_view text) const;
  int make_child(const std::string& name) const;
  /// EBUSY while there are processes in it.
  int remove_child(const std::string& name) const;

  /// The processes in this group itself.
  std::vector<int> processes() const;
  /// Sends SIGKILL to all that is in it and below. They end soon after.
  void kill() const;
  /// Kills until nothing is in it and below. False when something is still there after that time.
  bool end_all(std::chrono::milliseconds patience) const;
  /// Ends all that is in the group of that name, and removes it with all below. False when that cannot be done.
  bool end_child(const std::string& name, std::chrono::milliseconds patience) const;

private:
  explicit cgroup(callboard::descriptor directory) : directory_(std::move(directory)) {
  }
  static std::optional<cgroup> open_at(int directory, const char* path);

  callboard::descriptor directory_;
};

} // namespace callboard
