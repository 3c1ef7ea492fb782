#include "http/api/exposition.hpp"

#include "core/base/seconds_text.hpp"
#include "http/message.hpp"

#include <charconv>
#include <cmath>

namespace callboard {

namespace {

/// @param quotes  whether they have a meaning where the text goes.
void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\\' || (c == '"' && quotes))
      out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
}

void append_number(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += std::isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
    return;
  }
  char digits[32];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

std::string seconds_of(time_point t) {
  return seconds_text(t.time_since_epoch());
}

/// OpenMetrics writes whole bounds as `1.0`, so that all exporters have the same label.
std::string bound_text(uint64_t us, bool openmetrics) {
  auto text = seconds_text(duration{static_cast<int64_t>(us)});
  if (openmetrics && text.find('.') == std::string::npos)
    text += ".0";
  return text;
}

} // namespace

std::string_view content_type_of(exposition_format f) {
  return f == exposition_format::openmetrics ? content_openmetrics : content_prometheus;
}

std::string_view to_string(metric_kind k) {
  switch (k) {
  case metric_kind::counter:
    return "counter";
  case metric_kind::gauge:
    return "gauge";
  case metric_kind::histogram:
    return "histogram";
  case metric_kind::info:
    return "info";
  }
  return "";
}

std::string sample_name(const metric_family& f) {
  std::string name{f.name};
  if (f.kind == metric_kind::counter)
    name += "_total";
  if (f.kind == metric_kind::info)
    name += "_info";
  return name;
}

void exposition::head(std::string_view word, std::string_view text) {
  out_ += "# ";
  out_ += word;
  out_ += ' ';
  out_ += family_;
  out_ += ' ';
  append_escaped(out_, text, openmetrics_);
  out_ += '\n';
}

void exposition::begin(const metric_family& f, std::optional<time_point> created) {
  name_ = sample_name(f);
  family_ = openmetrics_ ? f.name : name_; // the older format knows no endings
  created_ = created;
  head("HELP", f.help);
  head("TYPE", f.kind == metric_kind::info && !openmetrics_ ? "gauge" : to_string(f.kind));
  if (openmetrics_ && !f.unit.empty())
    head("UNIT", f.unit);
}

void exposition::name_and_labels(std::string_view ending, label_list labels, std::string_view bound) {
  out_ += name_;
  out_ += ending;
  char before = '{';
  const auto add = [&](std::string_view name, std::string_view value) {
    out_ += std::exchange(before, ',');
    out_ += name;
    out_ += "=\"";
    append_escaped(out_, value, true);
    out_ += '"';
  };
  for (const auto& [name, value] : labels)
    add(name, value);
  if (!bound.empty())
    add("le", bound);
  if (before == ',')
    out_ += '}';
  out_ += ' ';
}

/// Each line with labels would have a second one: only families of one line tell it.
void exposition::since_when(label_list labels) {
  if (!openmetrics_ || !created_ || labels.size() != 0)
    return;
  out_ += family_ + "_created " + seconds_of(*created_) + '\n';
}

void exposition::sample(label_list labels, uint64_t value) {
  name_and_labels("", labels);
  out_ += std::to_string(value);
  out_ += '\n';
  since_when(labels);
}

void exposition::sample(label_list labels, double value) {
  name_and_labels("", labels);
  append_number(out_, value);
  out_ += '\n';
  since_when(labels);
}

void exposition::bucket(label_list labels, const std::string& bound, uint64_t n, const exemplar* example) {
  name_and_labels("_bucket", labels, bound);
  out_ += std::to_string(n);
  if (openmetrics_ && example && example->job)
    out_ += " # {job_id=\"" + to_string(example->job) + "\"} " +
            seconds_text(duration{static_cast<int64_t>(example->value_us)}) + ' ' + seconds_of(example->at);
  out_ += '\n';
}

void exposition::sample(label_list labels, const latency_view& value, const exemplar_row* examples) {
  for (size_t i = 0; i < latency_bounds_us.size(); ++i)
    bucket(labels, bound_text(latency_bounds_us[i], openmetrics_), value.at_most[i],
           examples ? &(*examples)[i] : nullptr);
  bucket(labels, "+Inf", value.count, examples ? &examples->back() : nullptr);
  name_and_labels("_sum", labels);
  append_number(out_, static_cast<double>(value.sum_us) / 1e6);
  out_ += '\n';
  name_and_labels("_count", labels);
  out_ += std::to_string(value.count) + '\n';
  since_when(labels);
}

std::string exposition::take() && {
  if (openmetrics_)
    out_ += "# EOF\n";
  return std::move(out_);
}

} // namespace callboard
