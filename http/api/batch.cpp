#include "http/api/batch.hpp"

#include "http/api/single_job_reader.hpp"
#include "http/json/fields.hpp"

#include <algorithm>

namespace callboard {

namespace {

std::string at_job(size_t index) {
  return "jobs[" + std::to_string(index) + "]";
}

/// Says of an error of a job which job of the batch it is about.
error of_job(error e, size_t index) {
  return within(std::move(e), at_job(index));
}

error empty_body() {
  return {ec::malformed_json, "the body is empty; a JSON object is expected"};
}

/// That another job would be one too many.
std::optional<error> too_many(const api& a, const parsed_batch& batch) {
  if (batch.refused.size() < a.jobs.batch_jobs_max)
    return std::nullopt;
  return error{ec::out_of_range,
               "a batch holds at most " + std::to_string(a.jobs.batch_jobs_max) + " jobs (jobs.batch_jobs_max)",
               "jobs"};
}

class batch_reader final : public json_events {
public:
  /// @param into  where the jobs go, behind those that are there.
  batch_reader(const api& a, std::string_view text, time_point now, parsed_batch& into)
    : api_(a), reader_(a, text, now, job_place::batch), batch_(into) {
  }

  bool scalar(const json_scalar& v, const char* at) override {
    switch (place_) {
    case place::job:
      reader_.scalar(v, at);
      return true;
    case place::list:
      return refuse_job({ec::invalid_value, "a job must be a JSON object, not " + shown(v)});
    case place::wrapper:
      if (key_ == "atomic") {
        auto r = read_boolean(v, "atomic");
        if (!r)
          return refuse(std::move(r).err());
        batch_.request.atomic = *r;
        return true;
      }
      return refuse({ec::invalid_value, "jobs must be an array of jobs, not " + shown(v), "jobs"});
    default:
      return place_ == place::skipped ||
             refuse({ec::invalid_value, "a batch must be an array of jobs, or an object with jobs, not " + shown(v)});
    }
  }

  bool open(bool array, const char* at) override {
    switch (place_) {
    case place::start:
      place_ = array ? place::list : place::wrapper;
      wrapped_ = !array;
      return true;
    case place::wrapper:
      if (key_ == "jobs" && array) {
        place_ = place::list;
        return true;
      }
      return refuse({ec::invalid_value,
                     key_ + " must be " + (key_ == "jobs" ? "an array of jobs" : "true or false") + ", not " +
                       (array ? "an array" : "an object"),
                     key_});
    case place::list:
      if (array) {
        place_ = place::skipped;
        skipped_ = 1;
        return refuse_job({ec::invalid_value, "a job must be a JSON object, not an array"});
      }
      place_ = place::job;
      reader_.start();
      return true;
    case place::skipped:
      ++skipped_;
      return true;
    case place::job:
      reader_.open(array, at);
      return true;
    }
    return false;
  }

  bool close(const char* at) override {
    switch (place_) {
    case place::job:
      if (!reader_.close(at))
        return true;
      place_ = place::list;
      if (auto e = reader_.complete())
        return refuse_job(std::move(*e));
      return add(reader_.job());
    case place::skipped:
      if (--skipped_ == 0)
        place_ = place::list;
      return true;
    case place::list:
      place_ = place::wrapper;
      return true;
    default:
      return true;
    }
  }

  bool key(std::string& name, const char* at) override {
    if (place_ == place::job) {
      reader_.key(name, at);
    } else if (place_ == place::wrapper) {
      if (name != "atomic" && name != "jobs")
        return refuse({ec::unknown_field,
                       "unknown field " + shown(std::string_view{name}) + "; known here are atomic, jobs",
                       name.substr(0, 64)});
      auto& seen = name == "jobs" ? seen_jobs_ : seen_atomic_;
      if (seen)
        return refuse({ec::invalid_value, name + " is given twice", name});
      seen = true;
      key_ = name;
    }
    return true;
  }

  std::optional<error> err;

  /// The job that comes next in the batch is not accepted. False: the parser is to stop.
  bool refuse_job(error e) {
    return count(of_job(std::move(e), batch_.refused.size()));
  }
  bool jobs_missing() const {
    return wrapped_ && !seen_jobs_;
  }

private:
  enum class place : uint8_t { start, wrapper, list, job, skipped };

  bool refuse(error e) {
    err = std::move(e);
    return false;
  }
  bool add(parsed_job& job) {
    auto& r = batch_.request;
    for (const auto& d : job.inner)
      r.inner.push_back({batch_.refused.size(), d.position, d.on});
    r.jobs.push_back(std::move(job.spec));
    return count({});
  }
  bool count(boxed<error> why) {
    if (auto e = too_many(api_, batch_))
      return refuse(std::move(*e));
    batch_.refused.push_back(std::move(why));
    return true;
  }

  const api& api_;
  job_reader reader_;
  parsed_batch& batch_;
  place place_ = place::start;
  std::string key_;
  unsigned skipped_ = 0;
  bool wrapped_ = false;
  bool seen_jobs_ = false;
  bool seen_atomic_ = false;
};

bool blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

result<parsed_batch> not_empty(parsed_batch b) {
  if (b.refused.empty())
    return error{ec::invalid_value, "a batch must hold at least one job", "jobs"};
  return b;
}

} // namespace

result<parsed_job> parse_job(const api& a, std::string_view text, time_point now, job_place place) {
  if (blank(text))
    return empty_body();
  single_job_reader reader{a, text, now, place};
  if (auto e = parse_json(text, reader, a.http.json_depth_max))
    return std::move(*e);
  return reader.finish();
}

std::optional<error> parse_job_fields(const api& a, std::string_view text, time_point now) {
  single_job_reader reader{a, text, now, job_place::alone};
  if (auto e = parse_json(text, reader, a.http.json_depth_max))
    return e;
  return reader.check_fields();
}

result<parsed_batch> parse_batch(const api& a, std::string_view text, time_point now) {
  if (blank(text))
    return empty_body();
  parsed_batch batch;
  batch_reader reader{a, text, now, batch};
  if (auto e = parse_json(text, reader, a.http.json_depth_max))
    return std::move(*e);
  if (reader.err)
    return std::move(*reader.err);
  if (reader.jobs_missing())
    return error{ec::missing_field, "jobs is required: an array of jobs", "jobs"};
  return not_empty(std::move(batch));
}

result<parsed_batch> parse_batch_lines(const api& a, std::string_view text, time_point now) {
  parsed_batch batch;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (blank(line))
      continue;
    if (auto e = too_many(a, batch))
      return std::move(*e);
    // A line is an array of one for the reader, but for the brackets.
    const auto before = batch.refused.size();
    auto& r = batch.request;
    const auto jobs = r.jobs.size(), inner = r.inner.size();
    batch_reader reader{a, line, now, batch};
    reader.open(true, line.data());
    if (auto malformed = parse_json(line, reader, a.http.json_depth_max)) {
      // Also what was a job before something else came on its line.
      batch.refused.resize(before);
      r.jobs.resize(jobs);
      r.inner.resize(inner);
      reader.refuse_job(std::move(*malformed));
    }
  }
  return not_empty(std::move(batch));
}

std::optional<std::string> find_cycle(size_t jobs, const std::vector<batch_dependency>& inner) {
  // Kahn: take away jobs that wait for nobody until none is left, or only circles and what waits for them.
  std::vector<std::vector<size_t>> waits_for(jobs), waited_by(jobs);
  for (const auto& d : inner) {
    waits_for[d.job].push_back(d.depends_on);
    waited_by[d.depends_on].push_back(d.job);
  }
  std::vector<size_t> open(jobs), ready;
  for (size_t j = 0; j < jobs; ++j)
    if ((open[j] = waits_for[j].size()) == 0)
      ready.push_back(j);
  size_t gone = 0;
  while (!ready.empty()) {
    const auto j = ready.back();
    ready.pop_back();
    ++gone;
    for (const auto w : waited_by[j])
      if (--open[w] == 0)
        ready.push_back(w);
  }
  if (gone == jobs)
    return std::nullopt;
  // Whoever is left waits for someone who is left: following that long enough runs in a circle.
  const auto step = [&](size_t j) {
    return *std::find_if(waits_for[j].begin(), waits_for[j].end(), [&](size_t d) { return open[d] > 0; });
  };
  auto j = static_cast<size_t>(std::find_if(open.begin(), open.end(), [](size_t n) { return n > 0; }) - open.begin());
  for (size_t i = 0; i < jobs; ++i)
    j = step(j);
  constexpr size_t named_max = 20; // a longer circle is cut: the message is for people
  auto text = "#" + std::to_string(j);
  size_t named = 1;
  for (auto k = step(j); k != j && named < named_max; k = step(k), ++named)
    text += " -> #" + std::to_string(k);
  return text + (named == named_max ? " -> ..." : " -> #" + std::to_string(j));
}

} // namespace callboard
