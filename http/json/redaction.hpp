#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace callboard {

/// What nobody is shown of the jobs of a type: the values at paths of their payloads and results, such as
/// `payload.card.number`, and lines of their logs (`log`). An array on the way means each of its elements; a number
/// there means one of them as well.
class redaction {
public:
  /// Stands where a value is not shown.
  static constexpr std::string_view mark = "[redacted]";

  redaction() = default;
  /// @param paths  as of `read_redacted_paths`; what is no such path says nothing.
  explicit redaction(const std::vector<std::string>& paths);

  bool has_payload() const {
    return !payload_.empty();
  }
  bool has_result() const {
    return !result_.empty();
  }
  /// Lines of logs are not shown: nobody can tell which part of a result they repeat, as those of `exec` do.
  bool hides_log() const {
    return log_ || has_result();
  }

  /// Which strings at a redacted place are shown all the same: those that hold no value.
  using exemption = bool (*)(std::string_view text);

  /// JSON text with the mark in place of what is redacted, and the rest byte by byte as it was. Of a text that cannot
  /// be read there is the mark only.
  std::string shown_payload(std::string_view json, exemption shown = nullptr) const;
  std::string shown_result(std::string_view json) const;

  /// The first redacted path where the payload has the mark itself, which some client took for the value; nothing:
  /// there is none.
  std::optional<std::string> marked(std::string_view payload) const;
  /// Whether a part of the payload, given as `payload.cards[0].number` or `payload.cards.0.number`, has anything to do
  /// with what is redacted: it lies there, or around it.
  bool concerns(std::string_view part) const;

private:
  /// The members below the root, from the outside in; none: the whole.
  using path = std::vector<std::string>;
  friend class redacting_reader;

  std::vector<path> payload_, result_;
  bool log_ = false;
};

} // namespace callboard
