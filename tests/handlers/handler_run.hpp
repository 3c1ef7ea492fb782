#pragma once

#include "handlers/builtin.hpp"
#include "handlers/registry.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

namespace callboard::test {

using nlohmann::json;

/// A handler's view of an attempt that remembers what it was told.
class recording_context final : public handler_context {
public:
  const cancel_token& token() const override {
    return token_;
  }
  std::chrono::steady_clock::time_point deadline() const override {
    return ends;
  }
  fence_token fence() const override {
    return fence_token{77};
  }
  void progress(int percent, std::string_view) override {
    percents.push_back(percent);
    if (on_progress)
      on_progress();
  }
  void save_checkpoint(std::string_view text) override {
    checkpoints.emplace_back(text);
  }
  void log(std::string_view line) override {
    lines.emplace_back(line);
  }

  std::chrono::steady_clock::time_point ends = std::chrono::steady_clock::now() + std::chrono::minutes{2};
  std::vector<int> percents;
  std::vector<std::string> lines;
  std::vector<std::string> checkpoints; ///< that were saved
  std::string former;                   ///< what the attempt begins with
  duration soft_timeout{0};             ///< of the attempt; nobody tells it by itself
  std::string traceparent, tracestate;  ///< of the attempt
  std::function<void()> on_progress;

private:
  cancel_token token_;
};

inline const job_id test_job{0x1234567890};

struct finished {
  attempt_outcome outcome;
  json result; ///< null without one

  outcome_kind kind() const {
    return outcome.kind;
  }
};

/// What the job reserved; zero: nothing.
struct reserved {
  uint64_t memory_bytes = 0;
  uint32_t cpu_milli = 0;
};

inline finished run(handler& h, const json& payload, recording_context& ctx, reserved r = {}) {
  const auto text = payload.dump();
  attempt a{test_job, fence_token{77},         std::string{h.type()}, text,
            3,        std::chrono::minutes{2}, r.memory_bytes,        r.cpu_milli};
  a.checkpoint = ctx.former;
  a.soft_timeout = ctx.soft_timeout;
  a.traceparent = ctx.traceparent;
  a.tracestate = ctx.tracestate;
  auto o = h.run(a, ctx);
  const auto result = o.result.view();
  return {o, result.empty() ? json{} : json::parse(result)};
}

inline finished run(handler& h, const json& payload, reserved r = {}) {
  recording_context ctx;
  return run(h, payload, ctx, r);
}

/// Shows what went wrong when the kind is not the expected one.
inline void require_kind(const finished& f, outcome_kind kind, const std::string& code = {}) {
  INFO("code " << f.outcome.code << ", message " << f.outcome.message << ", result " << f.outcome.result.view());
  REQUIRE(static_cast<int>(f.kind()) == static_cast<int>(kind));
  REQUIRE(f.outcome.code == code);
  REQUIRE((code.empty() || !f.outcome.message.empty()));
}

/// A directory that goes with the object. Its path has no symbolic links.
class temporary_directory {
public:
  temporary_directory() {
    auto pattern = (std::filesystem::temp_directory_path() / "callboard-handlers-XXXXXX").string();
    if (!::mkdtemp(pattern.data()))
      throw std::runtime_error("no temporary directory");
    path_ = std::filesystem::canonical(pattern);
  }
  ~temporary_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;

  std::string path(const std::string& name = {}) const {
    return name.empty() ? path_.string() : (path_ / name).string();
  }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream{path(name), std::ios::binary} << text;
    return path(name);
  }
  std::string read(const std::string& name) const {
    std::ifstream in{path(name), std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& e : std::filesystem::directory_iterator{path_})
      out.push_back(e.path().filename());
    return out;
  }

private:
  std::filesystem::path path_;
};

} // namespace callboard::test
