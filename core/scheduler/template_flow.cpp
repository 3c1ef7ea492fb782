#include "core/scheduler/template_flow.hpp"

#include "core/scheduler/tell_events.hpp"

#include <algorithm>
#include <utility>

namespace callboard {

namespace {

const template_head* find(const scheduler_state& s, const std::string& name) {
  const auto i = s.templates.find(name);
  return i == s.templates.end() ? nullptr : &i->second;
}

} // namespace

error unknown_template(const std::string& name) {
  return {ec::unknown_template, "there is no template '" + name + "'", "name"};
}

void template_flow::restore(std::vector<template_head> templates) {
  for (auto& h : templates) {
    auto name = h.name;
    s_.templates.insert_or_assign(std::move(name), std::move(h));
  }
}

void template_flow::on(template_put_call& x, const moment& now) {
  if (!waiting_.wait(x.draft.name, x))
    begin(x, now);
}

void template_flow::on(template_remove_call& x, const moment& now) {
  if (!waiting_.wait(x.name, x))
    begin(x, now);
}

void template_flow::begin(template_put_call& x, const moment& now) {
  auto& d = x.draft;
  const auto* before = find(s_, d.name);
  // Also when another version was expected: what the client wants is there, perhaps by itself a moment ago.
  if (before != nullptr && before->digest == d.digest)
    return x.reply.deliver(template_change{*before, false});
  const auto present = before != nullptr ? before->version : 0;
  if (x.version.value_or(0) != 0 && before == nullptr)
    return x.reply.deliver(unknown_template(d.name));
  if (x.version && *x.version != present)
    return x.reply.deliver(error{ec::version_conflict,
                                 "the template has version " + std::to_string(present) + ", not " +
                                   std::to_string(*x.version) + ": somebody has changed it",
                                 "version"});
  if (before == nullptr && s_.templates.size() + creating_ >= s_.settings.templates_max)
    return x.reply.deliver(error{ec::queue_full, "the limit of " + std::to_string(s_.settings.templates_max) +
                                                   " templates (templates.count_max) is reached"});
  template_head head{d.name, present + 1, 1, now.wall, d.kind, std::move(d.digest), std::move(d.description)};
  const auto oldest = before != nullptr ? before->first : 1;
  const auto kept = s_.settings.template_versions_max;
  head.first = head.version > kept ? std::max(oldest, head.version - kept + 1) : oldest;
  commit_part part;
  part.meta.emplace_back(std::string{template_prefix} + d.name, to_text(head));
  part.meta.emplace_back(template_version_key(d.name, head.version),
                         to_text(template_version{{}, head.version, now.wall, std::move(d.definition)}));
  for (auto n = oldest; n < head.first; ++n)
    part.meta_removed.push_back(template_version_key(d.name, n));
  creating_ += before == nullptr;
  write(d.name, std::move(part), new_version{std::move(head), std::move(x.reply)});
}

void template_flow::begin(template_remove_call& x, const moment&) {
  const auto* head = find(s_, x.name);
  if (head == nullptr)
    return x.reply.deliver(unknown_template(x.name));
  commit_part part;
  part.meta_removed.push_back(std::string{template_prefix} + x.name);
  for (auto n = head->first; n <= head->version; ++n)
    part.meta_removed.push_back(template_version_key(x.name, n));
  write(x.name, std::move(part), removal{*head, std::move(x.reply)});
}

void template_flow::write(const std::string& name, commit_part part, writing what) {
  part.boot = s_.boot;
  part.facts_bound = true;
  job_note n;
  n.token = ++s_.last_token;
  writing_.emplace(n.token, std::move(what));
  waiting_.begin(name);
  part.notes.push_back(std::move(n));
  s_.port.commit(std::move(part));
}

void template_flow::on_note(uint64_t token, const std::optional<error>& failed, const moment& now) {
  auto w = writing_.extract(token);
  if (!w)
    return;
  const auto name = std::visit([](const auto& x) { return x.head.name; }, w.mapped());
  if (auto* v = std::get_if<new_version>(&w.mapped())) {
    const bool created = find(s_, name) == nullptr;
    creating_ -= created;
    if (!failed) {
      s_.templates.insert_or_assign(name, v->head);
      tell_named(s_, event_kind::template_changed, name, "version " + std::to_string(v->head.version), now);
    }
    failed ? v->reply.deliver(*failed) : v->reply.deliver(template_change{std::move(v->head), created});
  } else {
    auto& r = std::get<removal>(w.mapped());
    if (!failed) {
      s_.templates.erase(name);
      tell_named(s_, event_kind::template_removed, name, {}, now);
    }
    failed ? r.reply.deliver(*failed) : r.reply.deliver(std::move(r.head));
  }
  waiting_.end(name, [&](call& next) { std::visit([&](auto& x) { begin(x, now); }, next); });
}

void template_flow::refuse_waiting(const error& why) {
  waiting_.clear([&](call& c) { std::visit([&](auto& x) { x.reply.deliver(why); }, c); });
}

template_page page_of(const scheduler_state& s, const template_list_call& x) {
  template_page page;
  for (auto i = s.templates.upper_bound(x.after); i != s.templates.end(); ++i) {
    if (page.templates.size() == x.limit) {
      page.next = page.templates.back().name;
      break;
    }
    page.templates.push_back(i->second);
  }
  return page;
}

result<done> resolve(const scheduler_state& s, template_read_call& x) {
  const auto* head = find(s, x.name);
  if (head == nullptr)
    return unknown_template(x.name);
  if (x.all)
    return done{};
  const auto n = x.version.value_or(head->version);
  if (n < head->first || n > head->version)
    return error{ec::not_found,
                 "template '" + x.name + "' has " +
                   (head->first == head->version ? "version " : "versions " + std::to_string(head->first) + " to ") +
                   std::to_string(head->version) + ", not " + std::to_string(n),
                 "version"};
  x.version = n;
  return done{};
}

} // namespace callboard
