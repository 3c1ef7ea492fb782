#pragma once

#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace callboard::test {

/// A directory for one test, which everybody may enter and which goes with the object.
struct scratch {
  scratch() {
    auto pattern = (std::filesystem::temp_directory_path() / "callboard-files-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()));
    directory = pattern;
    std::filesystem::permissions(directory, std::filesystem::perms{0755});
  }
  ~scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(directory, ignored);
  }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;

  std::filesystem::path write(const std::string& name, const std::string& text) const {
    std::ofstream{directory / name, std::ios::binary} << text;
    return directory / name;
  }
  std::string read(const std::string& name) const {
    std::ifstream in{directory / name, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& e : std::filesystem::directory_iterator{directory})
      out.push_back(e.path().filename());
    return out;
  }

  std::filesystem::path directory;
};

} // namespace callboard::test
