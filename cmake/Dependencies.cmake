# Everything from outside, by name; docs/dependencies.md says why each is here.
find_package(Threads REQUIRED)
find_package(CAF REQUIRED COMPONENTS core io openssl)
find_package(Boost 1.81 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(CURL REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(date REQUIRED)
find_package(RocksDB REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(valijson REQUIRED)
find_package(RE2 REQUIRED)
if(CALLBOARD_TESTS)
  find_package(Catch2 2 REQUIRED)
  include(Catch)
endif()

# The build puts the description of the REST interface together with it, and it runs the tests that are scripts.
# Debian's own Python, which has Debian's modules, before any other that a person has installed.
find_program(CALLBOARD_PYTHON NAMES python3 PATHS /usr/bin NO_DEFAULT_PATH)
find_program(CALLBOARD_PYTHON NAMES python3 REQUIRED)
