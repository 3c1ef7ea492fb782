#pragma once

#include "config/loader.hpp"
#include "config/setting_text.hpp"

#include <string>

namespace callboard::test {

/// A settings file that exists as long as this object.
class scratch_file {
public:
  explicit scratch_file(const std::string& text);
  ~scratch_file();
  scratch_file(const scratch_file&) = delete;
  scratch_file& operator=(const scratch_file&) = delete;

  const std::string& path() const {
    return path_;
  }

private:
  std::string path_;
};

/// `[section]` and `name = value` of one setting.
inline std::string file_text(const setting_row& row, const std::string& toml_value) {
  const std::string key{row.key};
  const auto dot = key.rfind('.');
  return "[" + key.substr(0, dot) + "]\n" + key.substr(dot + 1) + " = " + toml_value + "\n";
}

/// The settings alone, without where each comes from.
inline result<settings> load_settings(const load_request& r) {
  auto loaded = load_settings_with_origins(r);
  if (!loaded)
    return std::move(loaded).err();
  return std::move(loaded->values);
}

/// The error's message, or an empty text when loading went well.
inline std::string problems(const load_request& r) {
  const auto s = load_settings(r);
  return s ? std::string{} : s.err().message;
}

inline std::string problems_of_file(const std::string& text) {
  const scratch_file file{text};
  auto message = problems({.file = file.path()});
  // The name of a scratch file differs each time.
  for (size_t at; (at = message.find(file.path())) != std::string::npos;)
    message.replace(at, file.path().size(), "FILE");
  return message;
}

} // namespace callboard::test
