#pragma once

#include "core/job/views.hpp"

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace callboard {

/// The two languages that Prometheus reads. Sources: prometheus.io/docs/instrumenting/exposition_formats,
/// prometheus.io/docs/specs/om/open_metrics_spec.
enum class exposition_format {
  text,        ///< Prometheus text 0.0.4
  openmetrics, ///< OpenMetrics text 1.0.0: also units, exemplars, and since when was counted
};

/// The one to answer with, by what an Accept header prefers: OpenMetrics where it is named and not less liked than
/// plain text. Nobody is refused: whoever likes neither, or has no Accept header, gets plain text.
exposition_format format_for(std::string_view accept);

std::string_view content_type_of(exposition_format f);

enum class metric_kind {
  counter,
  gauge,
  histogram,
  info, ///< a constant 1, whose labels are what it tells
};
std::string_view to_string(metric_kind k);

/// What a family of metrics is. Names follow prometheus.io/docs/practices/naming.
struct metric_family {
  std::string_view name; ///< without the `_total` of counters and the `_info` of infos
  metric_kind kind = metric_kind::gauge;
  std::string_view unit;   ///< base unit, the name's last part (`seconds`); empty: none
  std::string_view labels; ///< names, with commas; empty: none
  std::string_view help;   ///< a sentence
};

/// The name that its samples have, but for the endings of a histogram's.
std::string sample_name(const metric_family& f);

/// Writes families of metrics with their samples. Durations become seconds. Labels are escaped; their names are not.
class exposition {
public:
  using label_list = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  explicit exposition(exposition_format f) : openmetrics_(f == exposition_format::openmetrics) {
  }
  /// The samples that follow are of this family, until the next one begins.
  /// @param created  since when it is counted; told of samples without labels, and where the format can.
  void begin(const metric_family& f, std::optional<time_point> created = {});
  void sample(label_list labels, uint64_t value);
  void sample(label_list labels, double value);
  /// A distribution. @param examples  null: none.
  void sample(label_list labels, const latency_view& value, const exemplar_row* examples = nullptr);

  /// All that was written. Nothing can follow.
  std::string take() &&;

private:
  void head(std::string_view word, std::string_view text);
  void name_and_labels(std::string_view ending, label_list labels, std::string_view bound = {});
  void bucket(label_list labels, const std::string& bound, uint64_t n, const exemplar* example);
  void since_when(label_list labels);

  const bool openmetrics_;
  std::string out_;
  std::string family_, name_; ///< as TYPE calls it, and as samples are called
  std::optional<time_point> created_;
};

} // namespace callboard
