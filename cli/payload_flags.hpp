#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

#include "job_types/builtin_types.hpp"

namespace CLI {
class App;
class Option;
} // namespace CLI

namespace callboard {

/// The payload of a built-in job type as flags, made of its JSON Schema: a text, a number, true or false, a list of
/// texts or numbers (the flag is repeated), an object of texts (NAME=VALUE), or a value of any kind (JSON, else a
/// text). Nested fields have no flags; they go with --payload, to which the flags add theirs.
class payload_flags {
public:
  /// Adds the flags to `cmd`, the subcommand of the type. One whose name the parent has already gets --payload-NAME. An
  /// `argv` is also what stands behind `--`. Outlives the parsing.
  payload_flags(CLI::App& cmd, const builtin_type& type);

  const builtin_type& type() const {
    return type_;
  }
  /// What stands behind `--`, for the field `argv`. Throws command_failure (exit_usage) where the type has none, the
  /// words are none, or its flag was given as well.
  void set_words(const std::vector<std::string>& words);
  /// True if any of them was given.
  bool are_given() const;

  /// The payload: the fields that were given, added to those of `given`, the text of a JSON object, whose bytes stay as
  /// they are. Checked by the type's schema. Throws command_failure (exit_usage) that names the flag, the reason and
  /// what is allowed.
  std::string merged_into(const std::string& given) const;

private:
  enum class kind { text, integer, number, truth, texts, text_or_texts, integers, pairs, any };
  struct flag {
    std::string field;
    std::string name; ///< with its dashes
    kind form;
    CLI::Option* option;
  };

  static const kind* kind_of(const nlohmann::json& schema);
  std::vector<std::string> words_of(const flag& f) const;
  nlohmann::json value_of(const flag& f) const;
  /// An error of the validator, with the flag in place of the field's path.
  std::string in_flags(std::string message, const std::string& field) const;

  const builtin_type& type_;
  std::vector<flag> flags_;
  std::vector<std::string> words_; ///< behind `--`
};

} // namespace callboard
