#include "tests/config/samples.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace callboard::test {

scratch_file::scratch_file(const std::string& text) {
  const char* parent = std::getenv("TMPDIR");
  path_ = std::string{parent == nullptr ? "/tmp" : parent} + "/callboard-settings-XXXXXX";
  const int fd = ::mkstemp(path_.data());
  if (fd < 0)
    throw std::runtime_error{"no scratch file at " + path_};
  ::close(fd);
  std::ofstream{path_} << text;
}

scratch_file::~scratch_file() {
  std::remove(path_.c_str());
}

} // namespace callboard::test
