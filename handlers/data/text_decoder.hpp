#pragma once

#include "handlers/data/csv_reader.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace callboard {

/// Input that is not in the encoding that it should be in.
struct encoding_fault : input_fault {
  using input_fault::input_fault;
};

/// What an input may be in, as payloads name it.
const std::vector<std::string_view>& text_encodings();

/// Makes UTF-8 of text in another encoding, with the C library's iconv, and takes the byte order mark away. Bytes come
/// in pieces of any size; UTF-8 is passed on as it is and not checked.
class text_decoder {
public:
  using text_sink = std::function<void(std::string_view utf8)>;

  /// @param encoding  one of `text_encodings()`. Empty: the mark at the beginning says which one, and without a mark it
  /// is
  ///                  utf-8. With utf-16 the mark says the byte order; without one it is little-endian, as on Windows.
  text_decoder(std::string encoding, text_sink sink);
  ~text_decoder();
  text_decoder(const text_decoder&) = delete;
  text_decoder& operator=(const text_decoder&) = delete;

  /// Throws encoding_fault, after the sink has got all that comes before; and std::runtime_error where the C library
  /// has no such converter.
  void add(std::string_view bytes);
  /// The end of the input. Throws encoding_fault for half a character.
  void finish();

private:
  void begin();
  void convert(std::string_view bytes);
  void put(std::string_view utf8);
  [[noreturn]] void refuse() const;

  std::string encoding_;
  const text_sink sink_;
  bool begun_ = false;
  /// Bytes at the beginning that may be a mark; later those of a character whose rest is still to come.
  std::string pending_;
  void* converter_ = nullptr; ///< iconv_t; null: none is needed
  std::vector<char> out_;
  uint64_t line_ = 1;
};

} // namespace callboard
