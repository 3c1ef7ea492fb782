#include "handlers/builtin.hpp"
#include "handlers/builtin_handler.hpp"
#include "handlers/failure.hpp"
#include "handlers/http/address_guard.hpp"
#include "handlers/http/http_exchange.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

#include "job_types/text_codec.hpp"

namespace callboard {

namespace {

using nlohmann::json;

bool matches(const json& expected, long status) {
  if (expected.is_array())
    return std::any_of(expected.begin(), expected.end(), [status](const json& e) { return matches(e, status); });
  if (expected.is_string())
    return expected.get_ref<const std::string&>().front() - '0' == status / 100;
  return expected == status;
}

void set_method(curl_transfer& t, const std::string& method, bool has_body) {
  if (method == "HEAD") {
    t.set(CURLOPT_NOBODY, true);
  } else if (method == "GET" && !has_body) {
    t.set(CURLOPT_HTTPGET, true);
  } else if (method != "POST") {
    // Not for POST: a redirect may turn that one into a GET, as browsers do, and a fixed word would prevent it.
    t.set(CURLOPT_CUSTOMREQUEST, method);
  } else if (!has_body) {
    t.set(CURLOPT_POSTFIELDS, "");
  }
}

class http_request final : public builtin_handler {
public:
  explicit http_request(http_client_settings s) : builtin_handler(http_request_type), settings_(std::move(s)) {
  }
  attempt_outcome run(const attempt& a, handler_context& ctx) override {
    return run_guarded(ctx, [&] { return exchange(a, ctx); });
  }

private:
  attempt_outcome exchange(const attempt& a, handler_context& ctx) {
    const auto p = json::parse(a.payload);
    const auto& url = p.at("url").get_ref<const std::string&>();
    check_http_url(url, "payload.url");
    auto fields = read_headers(p);
    add_attempt_fields(fields, a);

    std::string body;
    curl_list header_lines;
    curl_transfer t;
    const auto given = p.find("body");
    const bool has_body = given != p.end();
    if (has_body && given->is_string()) {
      body = given->get<std::string>();
      add_unless_given(fields, "Content-Type", "text/plain; charset=utf-8");
    } else if (has_body) {
      body = to_json_text(*given);
      add_unless_given(fields, "Content-Type", "application/json");
    }
    const auto method = p.value("method", std::string{has_body ? "POST" : "GET"});
    if (has_body && method != "HEAD") {
      t.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
      t.set(CURLOPT_POSTFIELDS, body);
    }
    set_method(t, method, has_body);
    // Without it curl waits a second for a server's consent before it sends a larger body.
    header_lines.add("Expect:");
    for (const auto& [name, value] : fields)
      header_lines.add(value.empty() ? name + ";" : name + ": " + value);
    t.set(CURLOPT_HTTPHEADER, header_lines.get());
    t.set(CURLOPT_URL, url);
    set_http_options(t, settings_);
    if (const auto s = p.find("timeout"); s != p.end())
      t.set_time(CURLOPT_TIMEOUT_MS, std::chrono::ceil<duration>(std::chrono::duration<double>{s->get<double>()}));
    const address_guard guard{t, settings_.allow_private};
    const http_answer answer{t, settings_.response_bytes_max};

    const auto begin = std::chrono::steady_clock::now();
    const auto end = t.perform(ctx);
    const auto took = std::chrono::steady_clock::now() - begin;
    if (end.code != CURLE_OK && !answer.truncated())
      throw_http_fault(end, guard.refused(), url);
    return judge(p, answer, end.response_code, std::chrono::duration_cast<std::chrono::milliseconds>(took));
  }

  attempt_outcome judge(const json& p, const http_answer& answer, long status, std::chrono::milliseconds took) const {
    json result{{"status", status},
                {"headers", answer.headers()},
                {"truncated", answer.truncated()},
                {"durationMs", took.count()}};
    auto text = answer.body();
    // The bound may have cut a character in two; at most three bytes of it are there.
    for (int i = 0; i < 3 && answer.truncated() && !text.empty() && !is_utf8(text); ++i)
      text.pop_back();
    if (is_utf8(text))
      result["body"] = std::move(text);
    else
      result["bodyBase64"] = to_base64(answer.body());
    const auto expected = p.value(json::json_pointer{"/expect/status"}, json("2xx"));
    if (matches(expected, status))
      return succeed(to_json_text(result));
    const auto message = "the answer is " + std::to_string(status) + ", expected is " + to_json_text(expected);
    if (!is_passing_status(status))
      return fail_for_good("HTTP_STATUS", message, to_json_text(result));
    const auto wish =
      read_retry_after(answer, settings_, std::chrono::floor<duration>(std::chrono::system_clock::now()));
    auto o = fail("HTTP_STATUS", message + wish.words, to_json_text(result));
    o.retry_after = wish.wait;
    return o;
  }

  const http_client_settings settings_;
};

} // namespace

std::shared_ptr<handler> make_http_request(const http_client_settings& http) {
  return std::make_shared<http_request>(http);
}

} // namespace callboard
