#pragma once

#include "http/json/json_source.hpp"

#include <nlohmann/json.hpp>

#include <vector>

namespace callboard {

/// Builds a JSON value from the events of the parser, for payload checks that want to walk about in it.
/// Of two equal keys the last one counts, as it does for every reader of the stored text.
class json_tree {
public:
  void clear() {
    if (!root_.is_null())
      root_ = nullptr;
    open_.clear();
  }
  void scalar(const json_scalar& v) {
    switch (v.is) {
    case json_scalar::type::null:
      place(nullptr);
      break;
    case json_scalar::type::boolean:
      place(v.boolean);
      break;
    case json_scalar::type::integer:
      place(v.integer);
      break;
    case json_scalar::type::natural:
      place(v.natural);
      break;
    case json_scalar::type::real:
      place(v.real);
      break;
    case json_scalar::type::text:
      place(std::move(*v.text));
      break;
    }
  }
  void open(bool array) {
    open_.push_back(place(array ? nlohmann::json::value_t::array : nlohmann::json::value_t::object));
  }
  void close() {
    open_.pop_back();
  }
  void key(std::string& name) {
    member_ = &(*open_.back())[std::move(name)];
  }
  /// The innermost open object has a member of this name already. Precondition: an object is open.
  bool has(const std::string& name) const {
    return open_.back()->contains(name);
  }
  /// The name of the member of the outermost object that is open; empty: none is.
  std::string open_member() const {
    for (auto i = root_.begin(); root_.is_object() && i != root_.end(); ++i)
      if (open_.size() > 1 && &*i == open_[1])
        return i.key();
    return {};
  }
  /// True outside of any object or array.
  bool complete() const {
    return open_.empty();
  }
  const nlohmann::json& root() const {
    return root_;
  }

private:
  template <class T>
  nlohmann::json* place(T&& value) {
    if (open_.empty()) {
      root_ = std::forward<T>(value);
      return &root_;
    }
    if (open_.back()->is_array()) {
      open_.back()->emplace_back(std::forward<T>(value));
      return &open_.back()->back();
    }
    *member_ = std::forward<T>(value);
    return member_;
  }

  nlohmann::json root_;
  std::vector<nlohmann::json*> open_;
  nlohmann::json* member_ = nullptr;
};

} // namespace callboard
