#include "http/api/payload_parts.hpp"
#include "http/api/unique_key.hpp"
#include "http/limits.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

using namespace callboard;

namespace {

using names = std::vector<std::string>;
constexpr uint32_t depth_max = 64;

job_spec job(const std::string& payload, const std::string& type = "noop", const std::string& queue = "default") {
  job_spec s;
  s.type = type;
  s.queue = queue;
  s.payload = blob{std::string{payload}};
  return s;
}

std::string key(const std::string& payload, const names& by = {"payload"}) {
  auto k = unique_key_of(job(payload), by, depth_max);
  REQUIRE(k);
  return *k;
}

/// Of a payload one form: members in order, no white space; random in size and kind.
struct value {
  enum class kind { leaf, array, object } is = kind::leaf;
  std::string leaf;
  std::vector<std::pair<std::string, value>> inside;
};

class maker {
public:
  explicit maker(unsigned seed) : random_(seed) {
  }
  size_t below(size_t n) {
    return std::uniform_int_distribution<size_t>{0, n - 1}(random_);
  }
  value make(unsigned depth) {
    value v;
    const auto kind = depth == 0 ? 0 : below(3);
    if (kind == 0) {
      static const names leaves{"null", "true", "false", "0",        "7",         "-7",
                                "0.25", "\"\"", "\"7\"", "\"null\"", "\"a\\\"}\""};
      v.leaf = leaves[below(leaves.size())];
      return v;
    }
    v.is = kind == 1 ? value::kind::array : value::kind::object;
    static const names members{"a", "b", "a.b", "7", "", "\\u00e9"};
    for (size_t i = 0; i < members.size(); ++i)
      if (below(2) == 0)
        v.inside.emplace_back(members[i], make(depth - 1));
    return v;
  }
  /// The same value as another client would write it.
  std::string other_text(value v) {
    if (v.is == value::kind::leaf) {
      static const std::map<std::string, names> same{{"7", {"7.0", "70e-1", "0.7E+1"}},
                                                     {"-7", {"-7.00", "-70e-1"}},
                                                     {"0.25", {"25e-2", "0.250", "2.5e-1"}},
                                                     {"0", {"-0", "0.0", "0e9"}},
                                                     {"\"7\"", {"\"\\u0037\""}}};
      const auto found = same.find(v.leaf);
      return found == same.end() ? v.leaf : found->second[below(found->second.size())];
    }
    const bool object = v.is == value::kind::object;
    if (object)
      std::shuffle(v.inside.begin(), v.inside.end(), random_);
    std::string out = object ? "{ " : "[\n";
    for (const auto& [name, x] : v.inside)
      out += (out.size() > 2 ? " , " : "") + (object ? "\"" + name + "\" :\t" : std::string{}) + other_text(x);
    return out + (object ? " }" : "\n]");
  }

private:
  std::mt19937 random_;
};

std::string plain_text(const value& v) {
  if (v.is == value::kind::leaf)
    return v.leaf;
  const bool object = v.is == value::kind::object;
  std::string out = object ? "{" : "[";
  for (const auto& [name, x] : v.inside)
    out += (out.size() > 1 ? "," : "") + (object ? "\"" + name + "\":" : std::string{}) + plain_text(x);
  return out + (object ? "}" : "]");
}

} // namespace

TEST_CASE("a short unique key says what it is made of", "[unique]") {
  const auto j = job(R"({"customer":{"id":42,"name":"Ada"},"n":[1,"x"]})", "email_send", "mail");
  const auto of = [&](const names& by) { return unique_key_of(j, by, depth_max); };
  CHECK(*of({"type"}) == R"({"type":"email_send"})");
  CHECK(*of({"queue", "type"}) == R"({"queue":"mail","type":"email_send"})");
  CHECK(*of({"payload.customer.id"}) == R"({"payload.customer.id":42})");
  CHECK(*of({"payload.n.1", "payload.n.0"}) == R"({"payload.n.0":1,"payload.n.1":"x"})");
  CHECK(*of({"payload"}) == R"({"payload":{"customer":{"id":42,"name":"Ada"},"n":[1,"x"]}})");
  CHECK(*of({"queue", "type"}) == *of({"type", "queue"}));
}

TEST_CASE("a path that the payload does not have is named", "[unique]") {
  const std::string payload = R"({"a":{"b":1},"n":[5,6],"t":"x","none":null,"":{"7":8}})";
  for (const std::string path : {"b", "a.c", "a.b.c", "a.0", "n.2", "n.-1", "n.00", "n.+1", "n.x", "t.0", "none.a",
                                 "n.99999999999999999999", "7"}) {
    CAPTURE(path);
    const auto k = unique_key_of(job(payload), {"type", "payload." + path}, depth_max);
    REQUIRE_FALSE(k);
    CHECK(k.err().code == ec::invalid_value);
    CHECK(k.err().field == "unique.by[1]");
    CHECK_THAT(k.err().message, Catch::Contains("\"payload." + path + "\""));
  }
  CHECK(key(payload, {"payload.none"}) == R"({"payload.none":null})"); // it is there
  CHECK_FALSE(unique_key_of(job("5"), {"payload.a"}, depth_max));
  CHECK(key("5") == R"({"payload":5})");
}

TEST_CASE("a number has one form, and keeps its digits", "[unique]") {
  const std::map<std::string, names> same{
    {"0", {"0", "-0", "0.000", "0e5", "-0.0e-7"}},
    {"10", {"10", "1e1", "10.0", "100E-1", "0.1e+2"}},
    {"-15e-1", {"-1.5", "-1.50", "-15e-1"}},
    {"12345678901234567890123", {"12345678901234567890123", "12345678901234567890123.0"}},
    {"1e21", {"1e21", "1000000000000000000000"}},
    {"1e-99999999999999999999", {"1e-99999999999999999999"}},
  };
  for (const auto& [one, forms] : same)
    for (const auto& form : forms) {
      CAPTURE(form);
      CHECK(canonical_number(form) == one);
    }
  CHECK(key("12345678901234567890123") != key("12345678901234567890124"));
  CHECK(key("0.1") != key("0.10000000000000000001"));
  CHECK(key("18446744073709551615") != key("18446744073709551616"));
  CHECK(key("[1]") == key("[1.0]"));
  CHECK(key("1") != key("\"1\""));
  CHECK(key("\"n1\"") != key("1"));
}

TEST_CASE("however a payload is written, its key is the same, and another one's is not", "[unique]") {
  std::map<std::string, std::string> text_of; // by key
  for (unsigned seed = 1; seed <= 400; ++seed) {
    CAPTURE(seed);
    maker m{seed};
    const auto v = m.make(3);
    const auto text = plain_text(v);
    const auto k = key(text);
    CAPTURE(text);
    CHECK(k == key(m.other_text(v)));
    CHECK(k == key(m.other_text(v)));
    CHECK(text_of.emplace(k, text).first->second == text);
  }
  CHECK(text_of.size() > 100);
}

TEST_CASE("parts cannot stand for each other", "[unique]") {
  const auto of = [](const job_spec& j, const names& by) { return *unique_key_of(j, by, depth_max); };
  const names all{"type", "queue", "payload"};
  const auto first = of(job("{}", "a", "b"), all);
  CHECK(first != of(job("{}", "b", "a"), all));
  CHECK(first != of(job("{}", "ab", ""), all));
  CHECK(first != of(job("[]", "a", "b"), all));
  CHECK(first != of(job("{}", "a", "b"), {"type", "queue"}));
  CHECK(of(job("{}", "a"), {"type"}) != of(job("{}", "x", "a"), {"queue"}));
  CHECK(of(job("{}", R"(a","queue":"b)", "c"), {"type"}) != of(job("{}", "a", "b"), {"type", "queue"}));
  CHECK(key(R"({"a":1,"b":2})", {"payload.a"}) != key(R"({"a":2,"b":1})", {"payload.b"}));
  CHECK(key(R"({"a":1,"a":2})") == key(R"({"a":2})")); // the last one counts, as everywhere
}

TEST_CASE("a long unique key is its digest", "[unique]") {
  const auto of_length = [](size_t n) { return key("\"" + std::string(n, 'x') + "\"", {"payload"}); };
  const auto frame = of_length(0).size();
  const auto longest = of_length(http_limits::unique_key_bytes_max - frame);
  CHECK(longest.size() == http_limits::unique_key_bytes_max);
  CHECK(longest.front() == '{');
  const auto digest = of_length(http_limits::unique_key_bytes_max - frame + 1);
  CHECK(digest.size() == 7 + 64);
  CHECK(digest.rfind("sha256:", 0) == 0);
  CHECK(digest != of_length(http_limits::unique_key_bytes_max - frame + 2));
  // printf '{"payload":"%s"}' "$(head -c 200 /dev/zero | tr '\0' x)" | sha256sum
  CHECK(of_length(200) == "sha256:ab6c5d842ddbe938b48a016c69d2acb445ea6e20e6e17de7943334cb88618499");
  CHECK(key("\"" + digest + "\"") != digest);
}
