#include "bench/server_process.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <thread>

namespace callboard::bench {

namespace {

constexpr std::chrono::seconds ready_limit{180}; // a restart with millions of jobs reads them first
constexpr std::chrono::seconds stop_limit{30};

std::string tail(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::stringstream all;
  all << in.rdbuf();
  auto text = all.str();
  return text.size() > 2000 ? text.substr(text.size() - 2000) : text;
}

} // namespace

endpoint parse_endpoint(std::string text) {
  if (auto scheme = text.find("://"); scheme != std::string::npos)
    text.erase(0, scheme + 3);
  while (!text.empty() && text.back() == '/')
    text.pop_back();
  auto colon = text.rfind(':');
  endpoint e;
  if (colon != std::string::npos) {
    e.host = text.substr(0, colon);
    auto [end, error] = std::from_chars(text.data() + colon + 1, text.data() + text.size(), e.port);
    if (error == std::errc{} && end == text.data() + text.size())
      return e;
  }
  throw std::runtime_error("not HOST:PORT: " + text);
}

uint16_t free_port() {
  const auto fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const auto ok = fd >= 0 && ::bind(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
                  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  const auto error = errno;
  if (fd >= 0)
    ::close(fd);
  if (!ok)
    throw std::system_error(error, std::generic_category(), "no free port");
  return ntohs(address.sin_port);
}

scratch_directory::scratch_directory(const std::filesystem::path& parent) {
  std::filesystem::create_directories(parent);
  auto pattern = (parent / "data-XXXXXX").string();
  if (!::mkdtemp(pattern.data()))
    throw std::system_error(errno, std::generic_category(), "cannot make a directory below " + parent.string());
  path_ = pattern;
}

scratch_directory::~scratch_directory() {
  std::error_code ignored; // what is left behind lies in the build folder
  std::filesystem::remove_all(path_, ignored);
}

server_process::server_process(const server_options& options) : log_(options.data / "bench-server.log") {
  auto begin = std::chrono::steady_clock::now();
  launch(options);
  try {
    auto line = read_ready_line(ready_limit);
    ready_after_ = std::chrono::steady_clock::now() - begin;
    const auto ready = nlohmann::json::parse(line);
    http_ = parse_endpoint(ready.at("http").get<std::string>());
    cluster_ = parse_endpoint(ready.at("cluster").get<std::string>());
  } catch (const std::exception& e) {
    kill();
    throw std::runtime_error(std::string{"the scheduler did not become ready: "} + e.what() + "\n" + tail(log_));
  }
}

server_process::~server_process() {
  stop();
}

void server_process::launch(const server_options& options) {
  std::vector<std::string> words{options.program, "serve",
                                 "--data",        (options.data / "db").string(),
                                 "--http",        "127.0.0.1:" + std::to_string(options.port),
                                 "--workers",     std::to_string(options.workers),
                                 "--slots",       std::to_string(options.slots)};
  for (const auto& setting : options.settings) {
    words.emplace_back("--set");
    words.push_back(setting);
  }
  std::vector<char*> argv;
  for (auto& word : words)
    argv.push_back(word.data());
  argv.push_back(nullptr);

  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0)
    throw std::system_error(errno, std::generic_category(), "pipe");
  auto parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0)
    throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ == 0) {
    // Whatever happens to this process, the scheduler ends with it.
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent)
      ::_exit(127);
    auto log = ::open(log_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    ::dup2(fds[1], STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    ::setenv("CALLBOARD_LOG_LEVEL", "warn", 0);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  ::close(fds[1]);
  out_ = descriptor{fds[0]};
}

std::string server_process::read_ready_line(std::chrono::seconds limit) {
  auto deadline = std::chrono::steady_clock::now() + limit;
  std::string line;
  for (;;) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0)
      throw std::runtime_error("no ready line within " + std::to_string(limit.count()) + " s");
    pollfd p{out_.get(), POLLIN, 0};
    if (::poll(&p, 1, static_cast<int>(left.count())) <= 0)
      continue;
    char c;
    auto n = ::read(out_.get(), &c, 1);
    if (n == 0)
      throw std::runtime_error("it ended (is the path of the program right?)");
    if (n < 0)
      continue;
    if (c == '\n')
      return line;
    line += c;
  }
}

void server_process::stop() {
  if (pid_ < 0)
    return;
  ::kill(pid_, SIGTERM);
  auto deadline = std::chrono::steady_clock::now() + stop_limit;
  while (pid_ > 0 && std::chrono::steady_clock::now() < deadline) {
    reap(false);
    if (pid_ > 0)
      std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  kill();
}

void server_process::kill() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    reap(true);
  }
  out_.reset();
}

void server_process::reap(bool wait) {
  int status = 0;
  pid_t got;
  do
    got = ::waitpid(pid_, &status, wait ? 0 : WNOHANG);
  while (got < 0 && errno == EINTR);
  if (got != 0)
    pid_ = -1;
}

} // namespace callboard::bench
