#pragma once

#include "core/scheduler/call_lines.hpp"
#include "core/scheduler/scheduler_state.hpp"

#include <map>
#include <variant>

namespace callboard {

/// Templates of clients: they are written down and numbered, one change at a time for each. They decide nothing: what
/// is made of them is made by whoever submits.
class template_flow {
public:
  explicit template_flow(scheduler_state& s) : s_(s) {
  }

  /// As found at start.
  void restore(std::vector<template_head> templates);
  void on(template_put_call& x, const moment& now);
  void on(template_remove_call& x, const moment& now);
  /// What was written is on disk, or is not: by the note's token.
  void on_note(uint64_t token, const std::optional<error>& failed, const moment& now);
  /// Calls that have not begun.
  void refuse_waiting(const error& why);
  /// Nothing is being written.
  bool at_rest() const {
    return writing_.empty();
  }

private:
  using call = std::variant<template_put_call, template_remove_call>;
  struct new_version {
    template_head head;
    answer<template_change> reply;
  };
  struct removal {
    template_head head;
    answer<template_head> reply;
  };
  using writing = std::variant<new_version, removal>;

  void begin(template_put_call& x, const moment& now);
  void begin(template_remove_call& x, const moment& now);
  void write(const std::string& name, commit_part part, writing what);

  scheduler_state& s_;
  std::map<uint64_t, writing> writing_; ///< by token
  call_lines<call> waiting_;
  size_t creating_ = 0; ///< new ones that are being written
};

error unknown_template(const std::string& name);
/// Templates in the order of their names.
template_page page_of(const scheduler_state& s, const template_list_call& x);
/// Fills in which versions of a template are to be read. Errors: unknown_template, not_found.
result<done> resolve(const scheduler_state& s, template_read_call& x);

} // namespace callboard
