#include "handlers/data/csv_reader.hpp"

namespace callboard {

csv_reader::csv_reader(char delimiter, record_sink sink) : delimiter_(delimiter), sink_(std::move(sink)) {
}

void csv_reader::add(std::string_view bytes) {
  for (const char c : bytes)
    take(c);
}

void csv_reader::take(char c) {
  switch (state_) {
  case state::after_cr:
    // The record ended with the CR; an LF belongs to it.
    state_ = state::field_start;
    if (c == '\n')
      return;
    [[fallthrough]];
  case state::field_start:
    if (c == '"') {
      field_.quoted = true;
      state_ = state::quoted;
      return;
    }
    state_ = state::plain;
    [[fallthrough]];
  case state::plain:
    return take_plain(c);
  case state::quoted:
    if (c == '"')
      state_ = state::quote_in_quoted;
    else
      append(c);
    if (c == '\n')
      ++line_;
    return;
  case state::quote_in_quoted:
    if (c == '"') {
      append(c);
      state_ = state::quoted;
    } else if (c == delimiter_ || c == '\n' || c == '\r') {
      take_plain(c);
    } else {
      throw input_fault{line_, place() + ": text after the closing quote"};
    }
    return;
  }
}

void csv_reader::take_plain(char c) {
  if (c == delimiter_) {
    end_field();
  } else if (c == '\n' || c == '\r') {
    end_record();
    ++line_;
    record_line_ = line_;
    state_ = c == '\r' ? state::after_cr : state::field_start;
  } else if (c == '"') {
    throw input_fault{line_, place() + ": a quote inside a field that does not begin with one"};
  } else {
    append(c);
  }
}

void csv_reader::append(char c) {
  if (field_.text.size() >= record_bytes_max)
    throw input_fault{line_, place() + ": the field is longer than " + std::to_string(record_bytes_max) +
                               " bytes; is a closing quote missing?"};
  field_.text += c;
}

void csv_reader::end_field() {
  record_.push_back(std::move(field_));
  field_ = {};
  state_ = state::field_start;
}

void csv_reader::end_record() {
  const bool empty_line = record_.empty() && field_.text.empty() && !field_.quoted;
  if (!empty_line) {
    end_field();
    sink_(record_, record_line_);
  }
  record_.clear();
}

void csv_reader::finish() {
  if (state_ == state::quoted)
    throw input_fault{record_line_, "line " + std::to_string(record_line_) + ", column " +
                                      std::to_string(record_.size() + 1) + ": the closing quote is missing"};
  end_record();
}

std::string csv_reader::place() const {
  return "line " + std::to_string(line_) + ", column " + std::to_string(record_.size() + 1);
}

std::string csv_field(std::string_view text, char delimiter) {
  const char special[] = {delimiter, '"', '\r', '\n', '\0'};
  if (!text.empty() && text.find_first_of(std::string_view{special, 4}) == std::string_view::npos)
    return std::string{text};
  // An empty text is quoted, too: unquoted it would be read back as NULL.
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"')
      out += '"';
    out += c;
  }
  return out + '"';
}

} // namespace callboard
