#include "cli/doctor/checks.hpp"
#include "cli/format.hpp"

#include <algorithm>
#include <map>
#include <system_error>
#include <utility>

#include "pki/certificate.hpp"
#include "pki/cluster_authority.hpp"

namespace callboard {

namespace {

namespace fs = std::filesystem;

/// Time enough to issue new bundles and to bring them to their machines.
constexpr duration expiry_notice = std::chrono::hours{24 * 30};
constexpr const char* bundle_suffix = ".bundle";

/// Collects what is to be said of many certificates; the worst counts.
class expiry_report {
public:
  explicit expiry_report(time_point now) : now_(now) {
  }
  /// @param expired  what it means when this one has run out
  void look(const std::string& what, time_point expires, check_result expired) {
    ++count_;
    if (expires <= now_)
      say(expired, what + " ran out " + relative_time(expires, now_));
    else if (expires - now_ < expiry_notice)
      say(check_result::warning, what + " runs out " + relative_time(expires, now_));
    else
      soonest_ = std::min(soonest_, expires);
  }
  void say(check_result v, const std::string& text) {
    worst_ = std::max(worst_, v);
    text_ += (text_.empty() ? "" : ", ") + text;
  }
  finding end(const fs::path& directory) && {
    if (worst_ == check_result::ok)
      return {check_result::ok, std::to_string(count_) + " in " + directory.string() + ", the first runs out " +
                                  relative_time(soonest_, now_)};
    return {worst_, std::move(text_),
            "`callboard cert issue` makes workers' new; the scheduler renews its own at its start"};
  }

private:
  time_point now_;
  time_point soonest_ = time_point::max();
  check_result worst_ = check_result::ok;
  std::string text_;
  size_t count_ = 0;
};

/// Files with bundles in a directory, in the order of their names.
std::vector<fs::path> bundles_in(const fs::path& directory) {
  std::vector<fs::path> out;
  std::error_code code;
  for (fs::directory_iterator at{directory, code}, end; !code && at != end; at.increment(code))
    if (at->path().extension() == bundle_suffix)
      out.push_back(at->path());
  std::sort(out.begin(), out.end());
  return out;
}

void look_at_authority(expiry_report& report, const fs::path& tls) {
  for (const auto* name : {authority_file::ca, authority_file::node})
    if (const auto cert = read_certificate(tls / name))
      report.look(name, valid_until(cert.get()), check_result::failed);
    else
      report.say(check_result::failed, std::string{name} + " cannot be read");
  if (const auto crl = read_crl(tls / authority_file::crl))
    report.look(authority_file::crl, valid_until(crl.get()), check_result::failed);
}

/// The latest of each worker that was not revoked: an older one matters to nobody.
void look_at_workers(expiry_report& report, const fs::path& tls) {
  const auto issued = issued_certificates(tls);
  if (!issued)
    return report.say(check_result::failed, issued.err().message);
  std::map<std::string, time_point> latest;
  for (const auto& c : *issued)
    if (!c.revoked && c.name != scheduler_certificate_name)
      latest[c.name] = std::max(latest[c.name], c.expires);
  for (const auto& [name, expires] : latest)
    report.look("the certificate of worker " + name, expires, check_result::warning);
}

} // namespace

finding check_certificates(const examined& x) {
  std::error_code code;
  const bool authority = fs::exists(x.tls / authority_file::ca, code);
  if (code && code != std::errc::not_a_directory)
    return {check_result::failed, x.tls.string() + " cannot be looked at: " + code.message(),
            "run `callboard doctor` as the user who runs `callboard serve`"};
  expiry_report report{x.now};
  auto bundles = bundles_in(x.data);
  for (auto& b : bundles_in(x.tls))
    bundles.push_back(std::move(b));
  if (!authority && bundles.empty())
    return {check_result::skipped, "there is no authority yet; the first start of `callboard serve` makes it"};
  if (authority) {
    look_at_authority(report, x.tls);
    look_at_workers(report, x.tls);
  }
  for (const auto& file : bundles)
    if (const auto cert = read_certificate(file))
      report.look(file.string(), valid_until(cert.get()), check_result::warning);
    else
      report.say(check_result::warning, file.string() + " has no certificate that can be read");
  return std::move(report).end(authority ? x.tls : x.data);
}

} // namespace callboard
