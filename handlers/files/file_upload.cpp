#include "handlers/builtin.hpp"
#include "handlers/builtin_handler.hpp"
#include "handlers/failure.hpp"
#include "handlers/files/aws_signature.hpp"
#include "handlers/files/file_access.hpp"
#include "handlers/files/upload_source.hpp"
#include "handlers/http/address_guard.hpp"
#include "handlers/http/http_exchange.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <ctime>

#include "job_types/text_codec.hpp"

namespace callboard {

namespace {

using nlohmann::json;

/// Bytes of a server's complaint that are kept.
constexpr uint64_t complaint_bytes_max = 4096;

/// The part after `scheme://`.
std::string_view after_scheme(std::string_view url) {
  return url.substr(url.find("://") + 3);
}

std::string utc_basic_format() {
  const auto now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 17> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &parts)};
}

std::string unquoted(std::string etag) {
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"')
    return etag.substr(1, etag.size() - 2);
  return etag;
}

class file_upload final : public builtin_handler {
public:
  file_upload(file_settings files, http_client_settings http, s3_settings s3, sftp_settings sftp)
    : builtin_handler(file_upload_type), files_(std::move(files)), http_(std::move(http)), s3_(std::move(s3)),
      sftp_(std::move(sftp)) {
  }
  attempt_outcome run(const attempt& a, handler_context& ctx) override {
    return run_guarded(ctx, [&] { return upload(a, ctx); });
  }

private:
  attempt_outcome upload(const attempt& a, handler_context& ctx) {
    const auto p = json::parse(a.payload);
    const auto destination = p.at("destination").get<std::string>();
    upload_source source{open_readable(p.at("source").get<std::string>(), files_.read_directories, "payload.source")};
    std::string etag;
    if (destination.starts_with("file://"))
      to_directory(source, destination, ctx);
    else if (destination.starts_with("s3://"))
      etag = to_s3(source, destination, read_headers(p), ctx);
    else if (destination.starts_with("sftp://"))
      to_sftp(source, destination, ctx);
    else
      etag = to_http(source, destination, read_headers(p), a, ctx);
    json result{{"bytes", source.bytes()}, {"sha256", source.sha256_text()}, {"destination", destination}};
    if (!etag.empty())
      result["etag"] = unquoted(std::move(etag));
    return succeed(to_json_text(result));
  }

  void to_directory(upload_source& source, const std::string& destination, handler_context& ctx) const {
    output_file out{std::string{after_scheme(destination)}, files_.write_directories, "payload.destination"};
    int last = -1;
    for (auto bytes = source.next(); !bytes.empty(); bytes = source.next()) {
      if (must_stop(ctx))
        throw attempt_stopped{};
      out.write(bytes);
      const int percent = static_cast<int>(out.bytes() * 100 / source.bytes());
      if (percent != std::exchange(last, percent))
        ctx.progress(percent, std::to_string(out.bytes()) + " of " + std::to_string(source.bytes()) + " bytes");
    }
    out.commit();
  }

  std::string to_http(upload_source& source, const std::string& url, header_fields fields, const attempt& a,
                      handler_context& ctx) const {
    check_http_url(url, "payload.destination");
    add_unless_given(fields, "Content-Type", "application/octet-stream");
    add_attempt_fields(fields, a);
    return put(source, url, fields, http_.allow_private, http_, ctx);
  }

  std::string to_s3(upload_source& source, const std::string& destination, header_fields fields,
                    handler_context& ctx) const {
    if (s3_.endpoint.empty())
      give_up("S3_NOT_CONFIGURED", "uploads to S3 need handlers.s3.endpoint");
    const auto place = after_scheme(destination);
    const auto slash = place.find('/');
    if (slash == 0 || slash == std::string_view::npos || slash + 1 == place.size())
      give_up("URL_INVALID", "payload.destination \"" + destination + "\" is not s3://bucket/key");
    // The signature covers the hash of the bytes, so they are read twice.
    for (auto bytes = source.next(); !bytes.empty(); bytes = source.next())
      if (must_stop(ctx))
        throw attempt_stopped{};
    aws_request r;
    r.payload_sha256 = source.sha256_text();
    source.rewind();
    auto endpoint = s3_.endpoint;
    while (endpoint.ends_with('/'))
      endpoint.pop_back();
    r.method = "PUT";
    r.host = after_scheme(endpoint);
    r.path = "/" + aws_encode_path(place);
    r.time = utc_basic_format();
    add_unless_given(fields, "Content-Type", "application/octet-stream");
    r.headers = fields;
    fields.emplace_back("x-amz-date", r.time);
    fields.emplace_back("x-amz-content-sha256", r.payload_sha256);
    fields.emplace_back("Authorization", aws_authorization(r, {s3_.access_key, s3_.secret_key, s3_.region}));
    auto http = http_;
    // A redirect would need another signature.
    http.redirects_max = 0;
    return put(source, endpoint + r.path, fields, true, http, ctx);
  }

  /// The answer's ETag.
  static std::string put(upload_source& source, const std::string& url, const header_fields& fields, bool allow_private,
                         const http_client_settings& settings, handler_context& ctx) {
    curl_list lines;
    lines.add("Expect:");
    for (const auto& [name, value] : fields)
      lines.add(value.empty() ? name + ";" : name + ": " + value);
    curl_transfer t;
    source.attach(t);
    t.set(CURLOPT_URL, url);
    t.set(CURLOPT_PATH_AS_IS, true);
    t.set(CURLOPT_HTTPHEADER, lines.get());
    set_http_options(t, settings);
    const address_guard guard{t, allow_private};
    const http_answer answer{t, complaint_bytes_max};
    const auto end = t.perform(ctx, static_cast<int64_t>(source.bytes()));
    source.rethrow();
    if (end.code != CURLE_OK && !answer.truncated())
      throw_http_fault(end, guard.refused(), url);
    if (end.response_code / 100 == 2)
      return answer.header("etag");
    const auto text = url + " answers " + std::to_string(end.response_code) +
                      (is_utf8(answer.body()) && !answer.body().empty() ? ": " + answer.body() : "");
    if (is_passing_status(end.response_code)) {
      const auto wish =
        read_retry_after(answer, settings, std::chrono::floor<duration>(std::chrono::system_clock::now()));
      try_again("HTTP_STATUS", text + wish.words, wish.wait);
    }
    give_up("HTTP_STATUS", text);
  }

  void to_sftp(upload_source& source, const std::string& url, handler_context& ctx) const {
    if (sftp_.known_hosts_file.empty() || sftp_.username.empty())
      give_up("SFTP_NOT_CONFIGURED",
              "uploads over SFTP need handlers.sftp.username and handlers.sftp.known_hosts_file");
    curl_transfer t;
    source.attach(t);
    t.set(CURLOPT_URL, url);
    t.set(CURLOPT_PROTOCOLS_STR, "sftp");
    t.set_time(CURLOPT_CONNECTTIMEOUT_MS, http_.connect_timeout);
    t.set(CURLOPT_USERNAME, sftp_.username);
    if (sftp_.private_key_file.empty()) {
      t.set(CURLOPT_SSH_AUTH_TYPES, static_cast<long>(CURLSSH_AUTH_PASSWORD));
      t.set(CURLOPT_PASSWORD, sftp_.password);
    } else {
      t.set(CURLOPT_SSH_AUTH_TYPES, static_cast<long>(CURLSSH_AUTH_PUBLICKEY));
      t.set(CURLOPT_SSH_PRIVATE_KEYFILE, sftp_.private_key_file);
      t.set(CURLOPT_KEYPASSWD, sftp_.password);
    }
    t.set(CURLOPT_SSH_KNOWNHOSTS, sftp_.known_hosts_file);
    t.set(CURLOPT_SSH_KEYFUNCTION, &file_upload::on_host_key);
    const address_guard guard{t, http_.allow_private};
    const auto end = t.perform(ctx, static_cast<int64_t>(source.bytes()));
    source.rethrow();
    if (end.code == CURLE_OK)
      return;
    if (!guard.refused().empty())
      throw_http_fault(end, guard.refused(), url);
    const auto what = url + ": " + end.message;
    if (end.code == CURLE_PEER_FAILED_VERIFICATION)
      give_up("SFTP_HOST_UNKNOWN", what + " (the host's key must be in handlers.sftp.known_hosts_file)");
    if (end.code == CURLE_LOGIN_DENIED)
      give_up("SFTP_LOGIN", what);
    if (is_connection_fault(end.code))
      try_again("SFTP_CONNECTION", what);
    give_up("SFTP_FAILED", what);
  }

  static int on_host_key(CURL*, const curl_khkey*, const curl_khkey*, curl_khmatch match, void*) {
    return match == CURLKHMATCH_OK ? CURLKHSTAT_FINE : CURLKHSTAT_REJECT;
  }

  const file_settings files_;
  const http_client_settings http_;
  const s3_settings s3_;
  const sftp_settings sftp_;
};

} // namespace

std::shared_ptr<handler> make_file_upload(const file_settings& files, const http_client_settings& http,
                                          const s3_settings& s3, const sftp_settings& sftp) {
  return std::make_shared<file_upload>(files, http, s3, sftp);
}

} // namespace callboard
