#pragma once

#include "http/api/job_reader.hpp"
#include "http/json/fields.hpp"

#include <optional>
#include <string>
#include <utility>

namespace callboard {

/// Reads a text that is one job.
class single_job_reader final : public json_events {
public:
  single_job_reader(const api& a, std::string_view text, time_point now, job_place place)
    : reader_(a, text, now, place) {
  }

  bool scalar(const json_scalar& v, const char* at) override {
    if (!inside_)
      return refuse(name_of(v.is));
    reader_.scalar(v, at);
    return true;
  }
  bool open(bool array, const char* at) override {
    if (inside_)
      reader_.open(array, at);
    else if (array)
      return refuse("an array; send arrays to /api/jobs/batch");
    else
      reader_.start();
    inside_ = true;
    return true;
  }
  bool close(const char* at) override {
    reader_.close(at);
    return true;
  }
  bool key(std::string& name, const char* at) override {
    reader_.key(name, at);
    return true;
  }

  result<parsed_job> finish() {
    if (err_)
      return std::move(*err_);
    return reader_.finish();
  }
  std::optional<error> check_fields() const {
    return err_ ? err_ : reader_.check_fields();
  }
  /// Of `job_place::defaults`.
  result<type_defaults> finish_defaults() {
    if (err_)
      return std::move(*err_);
    return reader_.finish_defaults();
  }

private:
  bool refuse(std::string_view came) {
    err_ = error{ec::invalid_value, "a job must be a JSON object, not " + std::string{came}};
    return false;
  }

  job_reader reader_;
  std::optional<error> err_;
  bool inside_ = false;
};

} // namespace callboard
